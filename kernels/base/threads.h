// One pool of threads for the whole process. Work is cut by size, never by the number of threads,
// so that results have the same bits whatever --threads says.
#pragma once
#include <cstdint>

namespace ceir {

int thread_count();          // threads in use, at least 1
void set_thread_count(int n);  // 0 = cores allowed to this process
int allowed_cores();         // cores in the affinity mask

// True while this thread runs inside parallel_for, or under SingleThread: a nested parallel_for is then serial.
bool inside_parallel();

// Runs every parallel_for of this thread serially while it lives (one worker per image, for instance).
class SingleThread {
 public:
  SingleThread();
  ~SingleThread();
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
  bool before_;
};

// The untemplated core: calls body(context, chunk) for chunk in [0, chunks), in any order, from any thread.
// An exception of the body is rethrown here (the one of the lowest chunk).
void run_chunks(int64_t chunks, void (*body)(void* context, int64_t chunk), void* context);

// Calls body(begin, end) over [0, n) in chunks of `grain` (the last may be shorter). `static` keeps the
// instantiation internal to the file: files with instruction-set flags may define no weak symbols.
template <class Body>
static inline void parallel_for(int64_t n, int64_t grain, const Body& body) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  const int64_t chunks = (n + grain - 1) / grain;
  struct Context {
    const Body* body;
    int64_t n, grain;
  } context{&body, n, grain};
  run_chunks(
      chunks,
      [](void* p, int64_t chunk) {
        const Context& c = *static_cast<const Context*>(p);
        const int64_t begin = chunk * c.grain;
        const int64_t end = begin + c.grain < c.n ? begin + c.grain : c.n;
        (*c.body)(begin, end);
      },
      &context);
}

}  // namespace ceir
