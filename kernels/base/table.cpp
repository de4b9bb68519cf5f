#include "kernels/base/table.h"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>

namespace ceir {
namespace {

std::mutex mutex;
std::atomic<uint64_t> epoch{1};
std::atomic<bool> any{false};
std::atomic<KernelObserver> observer_{nullptr};
thread_local Device device_of_thread = Device::cpu;
std::atomic<bool> wanted_device{false};

void add_list(std::map<std::string, std::string, std::less<>>& choices, std::string_view list) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto one = list.substr(0, comma);
    const auto equals = one.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == one.size())
      usage_error("'{}' is not OP=VARIANT (for example gemm=avx2)", one);
    choices[std::string(one.substr(0, equals))] = one.substr(equals + 1);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
}

std::map<std::string, std::string, std::less<>>& choices() {
  static std::map<std::string, std::string, std::less<>> map = [] {
    std::map<std::string, std::string, std::less<>> m;
    if (const char* list = std::getenv("CEIR_KERNEL")) add_list(m, list);
    return m;
  }();
  return map;
}

const bool from_environment = [] {
  if (const char* list = std::getenv("CEIR_KERNEL"); list && *list) any = true;
  return true;
}();

}  // namespace

Device compute_device() { return device_of_thread; }
void set_compute_device(Device device) { device_of_thread = device; }
bool device_wanted() { return wanted_device.load(std::memory_order_relaxed); }
void set_device_wanted(bool wanted) { wanted_device = wanted; }

std::string chosen_variant(std::string_view op) {
  if (!any.load(std::memory_order_relaxed)) return {};
  std::lock_guard lock(mutex);
  const auto it = choices().find(op);
  return it == choices().end() ? std::string() : it->second;
}

uint64_t choice_epoch() { return epoch.load(std::memory_order_relaxed); }

void choose_variant(const std::string& op, const std::string& variant) {
  std::lock_guard lock(mutex);
  if (variant.empty()) choices().erase(op);
  else choices()[op] = variant;
  any = !choices().empty();
  epoch.fetch_add(1);
}

void choose_variants(std::string_view list) {
  std::lock_guard lock(mutex);
  add_list(choices(), list);
  any = !choices().empty();
  epoch.fetch_add(1);
}

KernelChoice::KernelChoice(const std::string& op, const std::string& variant) : op_(op), before_(chosen_variant(op)) {
  choose_variant(op, variant);
}
KernelChoice::~KernelChoice() { choose_variant(op_, before_); }

void set_kernel_observer(KernelObserver observer) { observer_ = observer; }
KernelObserver kernel_observer() { return observer_.load(std::memory_order_relaxed); }

}  // namespace ceir
