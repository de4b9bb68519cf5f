#include "kernels/base/profile.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <tuple>

namespace ceir {
namespace {

struct Uses {
  std::mutex mutex;
  std::map<std::tuple<std::string, std::string, std::string, Device>, std::pair<int64_t, double>> all;
};
Uses& uses() {
  static Uses u;
  return u;
}
std::atomic<void (*)()> wait_for_device{nullptr};
thread_local double seconds_inside = 0;  // of kernels that the one being timed in this thread has called

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

std::atomic<bool> kernel_profile_on{false};

void start_kernel_profile(void (*synchronize)()) {
  Uses& u = uses();
  std::lock_guard lock(u.mutex);
  u.all.clear();
  wait_for_device = synchronize;
  kernel_profile_on = true;
}

std::vector<KernelUse> stop_kernel_profile() {
  kernel_profile_on = false;
  Uses& u = uses();
  std::lock_guard lock(u.mutex);
  std::vector<KernelUse> list;
  for (const auto& [key, sum] : u.all) list.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), sum.first, sum.second});
  u.all.clear();
  std::stable_sort(list.begin(), list.end(), [](const KernelUse& a, const KernelUse& b) { return a.seconds > b.seconds; });
  return list;
}

KernelStopwatch::KernelStopwatch(const char* op, const char* variant, Device device, std::string shape)
    : op_(op), variant_(variant), device_(device), shape_(std::move(shape)), outer_inside_(seconds_inside) {
  if (const auto wait = wait_for_device.load(); wait && device_ == Device::cuda) wait();
  seconds_inside = 0;
  begin_ = now();
}

KernelStopwatch::~KernelStopwatch() {
  try {
    if (const auto wait = wait_for_device.load(); wait && device_ == Device::cuda) wait();
    const double whole = now() - begin_;
    {
      Uses& u = uses();
      std::lock_guard lock(u.mutex);
      auto& [calls, seconds] = u.all[{op_, variant_, shape_, device_}];
      calls++, seconds += whole - seconds_inside;
    }
    seconds_inside = outer_inside_ + whole;
  } catch (...) {  // a kernel that failed, or no memory for the list: the error that counts comes by itself
    seconds_inside = outer_inside_;
  }
}

std::string sizes(std::initializer_list<int64_t> numbers) {
  std::string s;
  for (const int64_t n : numbers) s += (s.empty() ? "" : " x ") + std::to_string(n);
  return s;
}

}  // namespace ceir
