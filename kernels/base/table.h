// One operation, many implementations: an explicit table per operation, in order of preference, reference last.
// Selection: the first variant of the current device that fits, or the one asked for by name
// (--kernel OP=VARIANT, the environment variable CEIR_KERNEL, or a KernelChoice in a test).
// A variant asked for by name that does not fit is an error, never a silent fallback.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/cpu.h"
#include "kernels/base/error.h"
#include "kernels/base/profile.h"

namespace ceir {

// Where this thread's kernels run and its tensors are made: the CPU, but within a ComputeOn (kernels/launch/compute.h).
Device compute_device();
void set_compute_device(Device device);  // for ComputeOn
// True once `--device` named another device than the CPU: a variant asked for by name is then meant for its own device, and
// what runs on the other one there chooses for itself.
bool device_wanted();
void set_device_wanted(bool wanted);

// why_not(args): null when the variant can run these arguments, else the reason. It may look at the CPU, the
// dtype and the weight-side sizes (N, K, width, head size), never at rows, batch, threads, alignment or timing:
// otherwise the batch size would change bits.
template <class Args>
struct Variant {
  const char* name;
  Device device;
  void (*run)(const Args&);
  const char* (*why_not)(const Args&) = nullptr;

  // Null when this variant can run `args` where it stands, else the reason. A rung for the device whose code is not
  // linked into this program has no function (kernels/launch/rung.h).
  const char* lacks(const Args& args) const {
    if (!run) return "this program was built without the kernels for a GPU";
    return why_not ? why_not(args) : nullptr;
  }
};

// why_not of a variant that only needs an instruction set.
template <Cpu feature, class Args>
const char* needs(const Args&) {
  if (cpu_has(feature)) return nullptr;
  return feature == Cpu::avx512 ? "this processor has no AVX-512" : "this processor has no AVX2";
}

// What every table has in common, for listings (`ceir bench`, tests).
class TableBase {
 public:
  explicit TableBase(const char* op) : op_(op) {}
  virtual ~TableBase() = default;
  const char* op() const { return op_; }
  virtual std::vector<const char*> variant_names() const = 0;
  // What runs on this processor where sizes stand in nobody's way (`ceir doctor`).
  virtual std::string usual_variant() const = 0;
  // Whether there is a shape_of() for its arguments (kernels/base/profile.h).
  virtual bool tells_shape() const = 0;

 private:
  const char* op_;
};

// The name asked for `op`, or empty. `epoch` grows at every change, so that tables can cache.
std::string chosen_variant(std::string_view op);
uint64_t choice_epoch();
void choose_variant(const std::string& op, const std::string& variant);  // "" removes; names are checked by the tool
void choose_variants(std::string_view list);                            // "gemm=avx2,softmax=ref"

// Chooses a variant while it lives (tests).
class KernelChoice {
 public:
  KernelChoice(const std::string& op, const std::string& variant);
  ~KernelChoice();
  KernelChoice(const KernelChoice&) = delete;
  KernelChoice& operator=(const KernelChoice&) = delete;

 private:
  std::string op_, before_;
};

// Called with op and variant before each kernel runs, when set (`--verbose`, receipts). Not thread-safe to change
// while kernels run.
using KernelObserver = void (*)(const char* op, const char* variant);
void set_kernel_observer(KernelObserver observer);
KernelObserver kernel_observer();

template <class Args>
class Table : public TableBase {
 public:
  Table(const char* op, std::vector<Variant<Args>> variants) : TableBase(op), variants_(std::move(variants)) {}

  const std::vector<Variant<Args>>& variants() const { return variants_; }

  std::vector<const char*> variant_names() const override {
    std::vector<const char*> names;
    for (const auto& v : variants_) names.push_back(v.name);
    return names;
  }

  std::string usual_variant() const override {
    if (const std::string asked = chosen_variant(op()); !asked.empty()) return asked;
    for (const auto& v : variants_)
      if (v.device == Device::cpu && !(v.why_not && v.why_not(Args{}))) return v.name;
    return "";
  }

  // The variant that will run `args`. Throws Error(usage) when the one asked for is unknown or does not fit.
  const Variant<Args>& choose(const Args& args, Device device = compute_device()) const {
    const std::string asked = chosen_variant(op());
    if (!asked.empty()) {
      for (const auto& v : variants_) {
        if (asked != v.name) continue;
        if (v.device != device && device_wanted()) return first_that_fits(args, device);
        const char* reason = v.lacks(args);
        if (!reason && v.device != device) reason = device == Device::cpu ? "it runs on a GPU, and this runs on the CPU" : "it runs on the CPU, and this runs on a GPU";
        if (reason) usage_error("kernel {}={} was asked for but does not fit: {}", op(), asked, reason);
        return v;
      }
      usage_error("kernel {} has no variant '{}'; it has {}", op(), asked, list());
    }
    return first_that_fits(args, device);
  }

  void operator()(const Args& args, Device device = compute_device()) const {
    const Variant<Args>& v = choose(args, device);
    if (const auto observer = kernel_observer()) observer(op(), v.name);
    if (kernel_profile_on.load(std::memory_order_relaxed)) [[unlikely]] return run_timed(v, args);
    v.run(args);
  }

  bool tells_shape() const override {
    return requires(const Args& args) { shape_of(args); };
  }

 private:
  void run_timed(const Variant<Args>& v, const Args& args) const {
    std::string shape;
    if constexpr (requires { shape_of(args); }) shape = shape_of(args);
    const KernelStopwatch watch(op(), v.name, v.device, std::move(shape));
    v.run(args);
  }

  const Variant<Args>& first_that_fits(const Args& args, Device device) const {
    for (const auto& v : variants_)
      if (v.device == device && !v.lacks(args)) return v;
    fail(device == Device::cpu ? ErrorKind::internal : ErrorKind::usage, "kernel {} has no variant for this device; leave --device out to compute on the CPU", op());
  }

  std::string list() const {
    std::string s;
    for (const auto& v : variants_) s += (s.empty() ? "" : ", ") + std::string(v.name);
    return s;
  }
  std::vector<Variant<Args>> variants_;
};

// Every table of the house, for listings and for the test that walks them: kernels/tables.cpp, one line per operation.
const std::vector<const TableBase*>& all_tables();

}  // namespace ceir
