// What `ceir bench` measures: every operation at the shapes that the real models (sizes.h) call it with.
//
// An operation is one function, a line in the list of cases.cpp, that says per model: shape, work, and how its arguments are made. The
// float and the double table, every variant, the comparison, the times and the place under the roofline follow from that.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/bench/arrays.h"
#include "models/bench/sizes.h"

namespace ceir {

inline double real(int64_t n) { return static_cast<double>(n); }

// Of one run. bytes: what must at least be moved, each input read once and each output written once, in float.
struct Work {
  double flops = 0, bytes = 0;
};

struct BenchVariant {
  const char* name;
  Device device;
  std::string lacks;          // why it cannot run these arguments here; empty: it can
  std::function<void()> run;
};

// A case's arguments in place, and the variants that may run them.
struct BenchProblem {
  std::shared_ptr<BenchArrays> arrays;
  std::vector<BenchVariant> variants;
};

struct BenchCase {
  std::string op;      // the table's
  std::string model;   // of bench_models()
  std::string shape;   // "up 400x768 -> 3072"
  bool f64;
  Work work;           // bytes in the case's own type
  double tolerance;    // of max|y - reference| / max|reference|, per result
  std::function<BenchProblem(Device)> make;
  std::function<std::vector<std::vector<double>>()> truth;  // the results, in double
};

class BenchCases {
 public:
  BenchCases(const BenchSizes& model_sizes, uint64_t seed) : sizes(model_sizes), seed_(seed) {}
  const BenchSizes& sizes;
  std::vector<BenchCase> list;

  // make.operator()<T>(BenchArrays&) gives the arguments, for T = float and double. Double is measured for the stages that can be
  // trained in it, and else once an operation.
  template <class A32, class A64, class Make>
  void add(const Table<A32>& f32, const Table<A64>& f64, const std::string& model, const std::string& shape, Work work, Make make,
           double tolerance = 2e-5) {
    const auto truth = [&f64, make, seed = seed_] {
      BenchArrays arrays(Device::cpu, seed);
      const A64 args = make.template operator()<double>(arrays);
      arrays.restore();
      first_of(f64, args).run(args);
      return arrays.results();
    };
    list.push_back({f32.op(), model, shape, false, work, tolerance, maker<float>(f32, make), truth});
    work.bytes *= 2;
    if (in_double(f64.op(), model)) list.push_back({f64.op(), model, shape, true, work, tolerance / 1e7, maker<double>(f64, make), truth});
  }
  // An operation that has no counterpart in double: compared with its own reference.
  template <class Args, class Make>
  void add(const Table<Args>& table, const std::string& model, const std::string& shape, Work work, Make make, double tolerance = 0) {
    const auto truth = [&table, make, seed = seed_] {
      BenchArrays arrays(Device::cpu, seed);
      const Args args = make.template operator()<float>(arrays);
      arrays.restore();
      table.variants().back().run(args);
      return arrays.results();
    };
    list.push_back({table.op(), model, shape, false, work, tolerance, maker<float>(table, make), truth});
  }

 private:
  // In double the fastest variant: the kernels' own tests hold each against the reference, and the largest shapes would take minutes.
  template <class Args>
  static const Variant<Args>& first_of(const Table<Args>& table, const Args& args) {
    for (const auto& v : table.variants())
      if (v.device == Device::cpu && !v.lacks(args)) return v;
    return table.variants().back();
  }
  template <class T, class Args, class Make>
  std::function<BenchProblem(Device)> maker(const Table<Args>& table, Make make) const {
    return [&table, make, seed = seed_](Device device) {
      BenchProblem p{std::make_shared<BenchArrays>(device, seed), {}};
      const Args args = make.template operator()<T>(*p.arrays);
      for (const auto& v : table.variants()) {
        const char* reason = v.device == device ? v.lacks(args) : nullptr;
        p.variants.push_back({v.name, v.device, reason ? reason : "", [run = v.run, args] { run(args); }});
      }
      return p;
    };
  }
  bool in_double(const std::string& op, const std::string& model);

  uint64_t seed_;
  std::vector<std::string> seen_in_double_;
};

// The list of operations: name, as `ceir bench NAME` takes it, and the function that adds its cases.
struct BenchOperation {
  const char* name;
  void (*add)(BenchCases& cases);
};
const std::vector<BenchOperation>& bench_operations();

void add_gemm(BenchCases&);
void add_attention(BenchCases&);
void add_cosines(BenchCases&);
void add_softmax(BenchCases&);
void add_layernorm(BenchCases&);
void add_normalise(BenchCases&);
void add_unary(BenchCases&);
void add_elementwise(BenchCases&);
void add_embedding(BenchCases&);
void add_copy(BenchCases&);
void add_convolution(BenchCases&);
void add_patches(BenchCases&);
void add_pool(BenchCases&);
void add_batchnorm(BenchCases&);
void add_latent(BenchCases&);
void add_losses(BenchCases&);
void add_reduce(BenchCases&);
void add_normal(BenchCases&);
void add_adam(BenchCases&);
void add_cos_cubed(BenchCases&);
void add_kmeans_kernels(BenchCases&);

}  // namespace ceir
