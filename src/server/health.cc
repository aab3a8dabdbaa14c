#include "server/health.h"

#include <algorithm>
#include <string_view>

#include "base/json.h"

namespace sluice::server {
namespace {

constexpr std::string_view kReady = "ready";

http::Response Answer(int status, const char* type, std::string body) {
  http::Response response{.status = status};
  response.headers.Add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

http::Response Text(int status, const std::string& text) {
  return Answer(status, "text/plain; charset=utf-8", text + "\n");
}

Result<http::Response> GetHealth(const http::Request& /*request*/, const auth::Caller& /*caller*/,
                                 Health& /*health*/) {
  return Text(200, "ok");
}

Result<http::Response> GetReadiness(const http::Request& /*request*/,
                                    const auth::Caller& /*caller*/, Health& health) {
  const std::string status = health.status();
  return Text(status == kReady ? 200 : 503, status);
}

Result<http::Response> GetParts(const http::Request& /*request*/, const auth::Caller& /*caller*/,
                                Health& health) {
  const int status = health.status() == kReady ? 200 : 503;
  return Answer(status, "application/json", health.Describe() + "\n");
}

std::string Described(const PartHealth& part) {
  switch (part.state) {
    case PartHealth::State::kOk: return "ok";
    case PartHealth::State::kDegraded: return "degraded: " + part.reason;
    case PartHealth::State::kFailing: break;
  }
  return "failing: " + part.reason;
}

}  // namespace

void Health::AddPart(std::string name, AskPart ask) {
  parts_.emplace_back(std::move(name), std::move(ask));
}

std::vector<PartHealth> Health::AskParts() const {
  std::vector<PartHealth> parts;
  parts.reserve(parts_.size());
  for (const auto& [name, ask] : parts_) parts.push_back(ask());
  return parts;
}

std::string Health::StatusOf(const std::vector<PartHealth>& parts) const {
  if (!takes_requests_) return "stopping";
  const bool is_failing = std::ranges::any_of(
      parts, [](const PartHealth& part) { return part.state == PartHealth::State::kFailing; });
  return is_failing ? "failing" : std::string(kReady);
}

std::string Health::status() const { return StatusOf(AskParts()); }

std::string Health::Describe() const {
  const std::vector<PartHealth> health = AskParts();
  json::object parts;
  for (std::size_t i = 0; i < health.size(); ++i) parts[parts_[i].first] = Described(health[i]);
  json::object object;
  object["status"] = StatusOf(health);
  object["parts"] = std::move(parts);
  std::string text;
  AppendJson(object, text);
  return text;
}

const auth::Route<Health> kHealthRoutes[2] = {
    {"GET", "/healthz", auth::Who::kAnyone, http::Execution::kInline, GetHealth},
    {"GET", "/readyz", auth::Who::kAnyone, http::Execution::kInline, GetReadiness},
};

const auth::Route<Health> kOwnerHealthRoutes[2] = {
    {"GET", "/healthz", auth::Who::kAnyone, http::Execution::kInline, GetHealth},
    {"GET", "/readyz", auth::Who::kOwnerOrLoopback, http::Execution::kInline, GetParts},
};

}  // namespace sluice::server
