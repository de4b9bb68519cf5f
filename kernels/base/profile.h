// Where the time of a program's kernels goes: `--verbose`. Off, a kernel's dispatch reads one flag more.
//
//   start_kernel_profile(nullptr);
//   ... kernels run, in any thread ...
//   for (const KernelUse& u : stop_kernel_profile()) ...
//
// An operation tells its shape by one line beside its struct, found by its argument's type:
//   template <class T> std::string shape_of(const Softmax<T>& a) { return sizes({a.rows, a.width}); }
#pragma once
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace ceir {

enum class Device : uint8_t { cpu, cuda };

struct KernelUse {
  std::string op, variant, shape;
  Device device;
  int64_t calls;
  double seconds;  // of all calls, and of all threads that made them; without the kernels that it called itself
};

// `synchronize` waits for the device: it is called before and after each kernel there, so that its time is its own. That slows
// the run. Null where there is none.
void start_kernel_profile(void (*synchronize)());
// What was run since, longest first.
std::vector<KernelUse> stop_kernel_profile();

extern std::atomic<bool> kernel_profile_on;

// Times one call, from its making to its end.
class KernelStopwatch {
 public:
  KernelStopwatch(const char* op, const char* variant, Device device, std::string shape);
  ~KernelStopwatch();
  KernelStopwatch(const KernelStopwatch&) = delete;
  KernelStopwatch& operator=(const KernelStopwatch&) = delete;

 private:
  const char *op_, *variant_;
  Device device_;
  std::string shape_;
  double begin_, outer_inside_;
};

std::string sizes(std::initializer_list<int64_t> numbers);  // "400 x 768"

}  // namespace ceir
