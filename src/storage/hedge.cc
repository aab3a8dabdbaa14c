#include "storage/hedge.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "observe/trace.h"

namespace sluice::storage {

Result<http::ClientResponse> SendHedged(const HedgedRequest& request,
                                        std::chrono::milliseconds after) {
  std::mutex mutex;
  std::condition_variable changed;
  bool first_has_ended = false;  // Guarded by `mutex`.
  std::stop_source stop_first;
  std::stop_source stop_second;
  std::optional<Result<http::ClientResponse>> second;  // The thread's until it has ended.
  std::thread hedge(observe::InCurrentTrace([&] {
    {
      std::unique_lock lock(mutex);
      if (changed.wait_for(lock, after, [&] { return first_has_ended; })) return;
    }
    request.on_second();
    second = request.send(stop_second.get_token());
    if (request.is_answer(*second)) stop_first.request_stop();
  }));
  auto first = request.send(stop_first.get_token());
  {
    const std::lock_guard lock(mutex);
    first_has_ended = true;
  }
  changed.notify_all();
  const bool is_first_good = request.is_answer(first);
  if (is_first_good) stop_second.request_stop();
  hedge.join();
  const bool is_second_good = second && request.is_answer(*second);
  return is_second_good && !is_first_good ? *std::move(second) : std::move(first);
}

}  // namespace sluice::storage
