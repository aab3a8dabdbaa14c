#include "cli/report.h"

#include <algorithm>
#include <string_view>

#include "base/json.h"
#include "config/setting.h"
#include "config/value.h"

namespace sluice::cli {
namespace {

/// A Python string literal.
std::string Quoted(const std::string& text) { return JsonString(text); }

/// Lines for clients, for somebody who has the profile and knows nothing else.
std::string PasteLines(const std::string& url) {
  const std::string quoted = Quoted(url);
  return Format(
      "  Python:  import delta_sharing; print(delta_sharing.load_as_pandas({0}))\n"
      "  Spark:   spark.read.format(\"deltaSharing\").load({0}).show()\n"
      "  DuckDB:  import delta_sharing, duckdb; t = delta_sharing.load_as_pandas({0}); "
      "duckdb.sql(\"SELECT count(*) FROM t\").show()\n",
      quoted);
}

std::string ProfileLine(const StartReport& report) {
  if (!report.profile_path.empty()) {
    return Format("  profile   {}{}\n", report.profile_path,
                  report.endpoint_rewritten ? "  (its endpoint was brought up to date)" : "");
  }
  return Format(
      "  profile   to be given to recipients as a file profile.share:\n"
      "            {{\"shareCredentialsVersion\":1,\"endpoint\":{},\"bearerToken\":\"{}\"}}\n",
      JsonString(report.endpoint),
      report.anonymous ? "any" : "<the bearerToken of the configuration>");
}

std::string CertificateLine(const StartReport& report) {
  if (report.certificate_path.empty()) return {};
  return Format(
      "  trust     {0}  (this server's own certificate)\n"
      "            Python: export REQUESTS_CA_BUNDLE={0} SSL_CERT_FILE={0}\n",
      report.certificate_path);
}

/// What helps most people who meet such an error; may be "".
std::string_view AdviceFor(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotImplemented: return "this version of sluice cannot do that yet";
    case ErrorCode::kCorruptData:
      return "the file contradicts its format: restore it from a copy, or repair it";
    case ErrorCode::kUnsupported: return "`sluice table check LOCATION` says what a table needs";
    case ErrorCode::kNotFound:
      return "check the spelling: relative paths start at the current folder, and a table is a "
             "folder "
             "with a _delta_log in it";
    default: return {};
  }
}

}  // namespace

std::string Counted(std::size_t count, std::string_view noun) {
  return Format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string StartText(const StartReport& report) {
  std::string text =
      Format("Sluice is serving {} with {}.\n  endpoint  {}\n  owner     http://{}\n",
             Counted(report.share_count, "share"), Counted(report.table_count, "table"),
             report.endpoint, report.admin_address);
  text += ProfileLine(report);
  text += CertificateLine(report);
  if (report.listens_everywhere) {
    text += "  note      links name this machine only: give --public-url the address others use\n";
  }
  if (report.example_table.empty() && report.table_count > 0) {
    return text +
           "Recipients read by profiles of their own: see sluice recipient activation-link "
           "--help\n";
  }
  if (report.example_table.empty()) {
    return text +
           "Nothing is shared yet: see sluice share create --help, put Delta tables into the "
           "folder, or "
           "name them in the configuration.\n";
  }
  const std::string profile = report.profile_path.empty() ? "profile.share" : report.profile_path;
  return text + "Read a table with any of these:\n" +
         PasteLines(profile + "#" + report.example_table);
}

std::string SettingsText(const config::Configuration& configuration) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const config::SettingInForce& setting : configuration.in_force) {
    key_width = std::max(key_width, config::SettingRow{.name = setting.name}.YamlKey().size());
    value_width = std::max(value_width, setting.value.size());
  }
  std::string text;
  for (const config::SettingInForce& setting : configuration.in_force) {
    const std::string key = config::SettingRow{.name = setting.name}.YamlKey();
    text +=
        Format("{:<{}}  {:<{}}  {}\n", key, key_width, setting.value, value_width, setting.where);
  }
  return text;
}

std::string TableText(const TableReport& report) {
  if (!report.can_be_served) {
    return Format("{}\n  can be served    no: {}\n", report.location, report.reason);
  }
  return Format(
      "{}\n  can be served    yes\n  version          {}\n  files            {} ({} bytes)\n"
      "  reader version   {}\n  reader features  {}\n",
      report.location, report.version, report.file_count, report.size_bytes,
      report.min_reader_version,
      report.reader_features.empty() ? "none" : config::JoinList(report.reader_features));
}

std::string TableJson(const TableReport& report) {
  json::object object;
  object["location"] = report.location;
  object["canBeServed"] = report.can_be_served;
  if (report.can_be_served) {
    object["version"] = report.version;
    object["minReaderVersion"] = report.min_reader_version;
    object["readerFeatures"] =
        json::array(report.reader_features.begin(), report.reader_features.end());
    object["numFiles"] = report.file_count;
    object["size"] = report.size_bytes;
  } else {
    object["reason"] = report.reason;
  }
  std::string text;
  AppendJson(object, text);
  return text + "\n";
}

std::string ErrorText(const Error& error) {
  std::string text = "sluice: " + error.message;
  if (!error.detail.empty()) text += Format(" ({})", error.detail);
  const std::string_view advice = AdviceFor(error);
  if (!advice.empty()) text += Format("\n        {}", advice);
  return text + "\n";
}

}  // namespace sluice::cli
