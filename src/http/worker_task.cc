#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/check.h"
#include "http/worker_task_internal.h"

namespace sluice::http {

WorkerTask::~WorkerTask() { CHECK(!running_, "a worker still uses what is being destroyed"); }

bool WorkerTask::TryStart(std::function<void()> work) {
  running_ = pool_.TryStart(Wrap(std::move(work)));
  return running_;
}

void WorkerTask::Start(std::function<void()> work) {
  running_ = true;
  pool_.Continue(Wrap(std::move(work)));
}

WorkerPool::Task WorkerTask::Wrap(std::function<void()> work) {
  return [this, run = std::move(work)] {
    try {
      run();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    boost::asio::post(context_, [this] {
      running_ = false;
      finished_.cancel();
    });
  };
}

Awaitable<void> WorkerTask::Join() {
  while (running_) {
    finished_.expires_at(SteadyClock::time_point::max());
    co_await finished_.async_wait(boost::asio::as_tuple(boost::asio::deferred));
  }
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

}  // namespace sluice::http
