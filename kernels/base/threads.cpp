#include "kernels/base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ceir {
namespace {

thread_local bool inside = false;

struct Job {
  void (*body)(void*, int64_t);
  void* context;
  int64_t chunks;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  int64_t error_chunk = INT64_MAX;

  void work() {
    for (;;) {
      const int64_t chunk = next.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks) return;
      try {
        body(context, chunk);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (chunk < error_chunk) error = std::current_exception(), error_chunk = chunk;
        next.store(chunks, std::memory_order_relaxed);
      }
    }
  }
};

// Workers sleep on a condition variable, after spinning for a moment: kernels follow each other closely.
class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; i++) threads_.emplace_back([this] { loop(); });
  }
  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
      generation_.fetch_add(1);
    }
    wake_.notify_all();
    for (auto& t : threads_) t.join();
  }
  void run(Job& job) {
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      busy_.store(static_cast<int>(threads_.size()));
      generation_.fetch_add(1);
    }
    wake_.notify_all();
    inside = true;
    job.work();
    inside = false;
    for (int spins = 0; busy_.load(std::memory_order_acquire) != 0; spins++)
      if (spins > 2000) std::this_thread::yield();
  }

 private:
  void loop() {
    inside = true;
    uint64_t seen = 0;
    for (;;) {
      for (int spins = 0; generation_.load(std::memory_order_acquire) == seen && spins < 4000; spins++) relax();
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return generation_.load() != seen; });
        seen = generation_.load();
        if (stop_) return;
      }
      job_->work();
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }
  static void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> generation_{0};
  std::atomic<int> busy_{0};
  Job* job_ = nullptr;
  bool stop_ = false;
};

std::mutex pool_mutex;  // one parallel region at a time; a second outside thread runs serially
int wanted = 0;
std::unique_ptr<Pool> pool;

}  // namespace

int allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

int thread_count() {
  if (wanted == 0) wanted = allowed_cores();
  return wanted;
}

void set_thread_count(int n) {
  std::lock_guard lock(pool_mutex);
  pool.reset();
  wanted = n > 0 ? n : allowed_cores();
}

bool inside_parallel() { return inside; }

SingleThread::SingleThread() : before_(inside) { inside = true; }
SingleThread::~SingleThread() { inside = before_; }

void run_chunks(int64_t chunks, void (*body)(void*, int64_t), void* context) {
  std::unique_lock lock(pool_mutex, std::defer_lock);
  if (chunks <= 1 || inside || thread_count() == 1 || !lock.try_lock()) {
    for (int64_t chunk = 0; chunk < chunks; chunk++) body(context, chunk);
    return;
  }
  if (!pool) pool = std::make_unique<Pool>(wanted - 1);
  Job job{body, context, chunks};
  pool->run(job);
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace ceir
