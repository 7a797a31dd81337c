// Work off the JavaScript thread as a promise: copy the arguments in, run without touching JavaScript,
// convert the result, and turn every C++ exception into a rejection in one place.
#pragma once

#include <napi.h>

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "binding/js_error.hh"

namespace binding {

class AsyncTask;

// Runs tasks one after the other, in the order given, so that none waits on a lock in a libuv worker. Lives
// on the JavaScript thread. A task keeps its queue alive while it runs.
class TaskQueue : public std::enable_shared_from_this<TaskQueue> {
 public:
  inline void add(std::unique_ptr<AsyncTask> task);
  // JavaScript thread: the running task has ended.
  inline void advance();

 private:
  inline void start_next();

  std::deque<std::unique_ptr<AsyncTask>> waiting_;
  bool running_ = false;
};

class AsyncTask {
 public:
  using Execute = std::function<void()>;
  using Convert = std::function<Napi::Value(Napi::Env)>;

  AsyncTask(Napi::Env env, std::string operation, Execute execute, Convert convert)
      : env_(env),
        operation_(std::move(operation)),
        execute_(std::move(execute)),
        convert_(std::move(convert)),
        deferred_(Napi::Promise::Deferred::New(env)) {}
  AsyncTask(const AsyncTask&) = delete;
  AsyncTask& operator=(const AsyncTask&) = delete;

  Napi::Promise promise() const { return deferred_.Promise(); }

  // JavaScript thread. Hands the task to libuv, which owns it until it has completed.
  static void start(std::unique_ptr<AsyncTask> task, std::shared_ptr<TaskQueue> queue) {
    task->queue_ = std::move(queue);
    const auto name = Napi::String::New(task->env_, "cs-instance-watcher:" + task->operation_);
    const auto status = napi_create_async_work(task->env_, nullptr, name, &AsyncTask::run,
                                               &AsyncTask::complete, task.get(), &task->work_);
    if (status != napi_ok) throw Napi::Error::New(task->env_);
    if (napi_queue_async_work(task->env_, task->work_) != napi_ok) {
      napi_delete_async_work(task->env_, task->work_);
      throw Napi::Error::New(task->env_);
    }
    static_cast<void>(task.release());
  }

 private:
  // Worker thread.
  static void run(napi_env, void* data) {
    auto* task = static_cast<AsyncTask*>(data);
    try {
      task->execute_();
    } catch (...) {
      task->failure_ = std::current_exception();
    }
  }

  // JavaScript thread. While the environment is torn down no call into JavaScript succeeds, which leaves
  // nothing to do but to release what the task held.
  static void complete(napi_env raw_env, napi_status status, void* data) {
    const std::unique_ptr<AsyncTask> task(static_cast<AsyncTask*>(data));
    napi_delete_async_work(raw_env, task->work_);
    if (status == napi_cancelled) return;
    const Napi::Env env(raw_env);
    const Napi::HandleScope scope(env);
    try {
      task->settle(env);
    } catch (const Napi::Error&) {
    }
    try {
      if (task->queue_) task->queue_->advance();
    } catch (const Napi::Error&) {
    }
  }

  void settle(Napi::Env env) {
    if (failure_) {
      deferred_.Reject(to_js_error(env, operation_, failure_).Value());
    } else {
      deferred_.Resolve(convert_(env));
    }
  }

  Napi::Env env_;
  std::string operation_;
  Execute execute_;
  Convert convert_;
  Napi::Promise::Deferred deferred_;
  napi_async_work work_ = nullptr;
  std::exception_ptr failure_;
  std::shared_ptr<TaskQueue> queue_;
};

void TaskQueue::add(std::unique_ptr<AsyncTask> task) {
  waiting_.push_back(std::move(task));
  if (!running_) start_next();
}

void TaskQueue::advance() {
  running_ = false;
  if (!waiting_.empty()) start_next();
}

void TaskQueue::start_next() {
  auto task = std::move(waiting_.front());
  waiting_.pop_front();
  AsyncTask::start(std::move(task), shared_from_this());
  running_ = true;
}

// Runs `work()` on a libuv worker and resolves with `convert(env, result)`; with a queue, after the tasks
// before it. `work` must own all it needs: it may outlive every JavaScript object.
template <typename Work, typename Convert>
Napi::Promise run_async(Napi::Env env, const std::string& operation, Work work, Convert convert,
                        const std::shared_ptr<TaskQueue>& queue = nullptr) {
  using Result = decltype(work());
  const auto result = std::make_shared<Result>();
  auto task = std::make_unique<AsyncTask>(
      env, operation, [work = std::move(work), result]() mutable { *result = work(); },
      [convert = std::move(convert), result](Napi::Env e) -> Napi::Value { return convert(e, *result); });
  const auto promise = task->promise();
  if (queue) {
    queue->add(std::move(task));
  } else {
    AsyncTask::start(std::move(task), nullptr);
  }
  return promise;
}

}  // namespace binding
