#include "models/concept_bottleneck.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "tests/models/drawn.h"
#include "tests/scratch.h"

using namespace ceir;
using ceir::test::message_of;
using namespace ceir::test;

namespace {

// Teacher cosines that are a projection of the features, cubed-similarity learnable, with noise.
struct World {
  Tensor f, p, vf, vp;
  std::vector<std::string> names;
  explicit World(int64_t n = 200, int64_t d = 12, int64_t k = 5) {
    const Tensor w = drawn({k, d}, 1, 0.01);
    const auto teacher = [&](const Tensor& x, uint64_t salt) {
      Tensor t = drawn({x.dim(0), k}, salt, 0.003);
      for (int64_t i = 0; i < x.dim(0); i++)
        for (int64_t j = 0; j < k; j++)
          for (int64_t m = 0; m < d; m++) t.data<double>()[i * k + j] += x.data<double>()[i * d + m] * w.data<double>()[j * d + m];
      return t;
    };
    f = drawn({n, d}, 2), vf = drawn({80, d}, 3);
    p = teacher(f, 4), vp = teacher(vf, 5);
    for (int64_t j = 0; j < k; j++) names.push_back(fmt::format("concept {}", j));
  }
};

BottleneckOptions quick() {
  BottleneckOptions o;
  o.steps = 120, o.check_every = 20, o.lr = 1e-2, o.cutoff = 0.45;
  return o;
}

bool same(const Bottleneck& a, const Bottleneck& b) {
  return a.weight.values() == b.weight.values() && a.mean.values() == b.mean.values() && a.std.values() == b.std.values() && a.concepts == b.concepts;
}

}  // namespace

TEST_CASE("concept bottleneck: learns its teacher and standardises on the training rows") {
  const World w;
  const Bottleneck b = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick());
  CHECK(b.concepts == w.names);
  for (const double s : b.similarity.values()) CHECK(s > 0.8);
  const auto c = project(b, w.f).values();
  for (size_t k = 0; k < 5; k++) {
    double mean = 0, square = 0;
    for (size_t i = k; i < c.size(); i += 5) mean += c[i] / 200, square += c[i] * c[i] / 199;
    CHECK(std::abs(mean) < 1e-5);
    CHECK(square == doctest::Approx(1).epsilon(1e-4));
  }
}

TEST_CASE("concept bottleneck: a constant teacher column is dropped with its reason, not turned into NaN") {
  World w;
  for (int64_t i = 0; i < 200; i++) w.p.data<double>()[i * 5 + 2] = 0.25;
  const Bottleneck b = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick());
  REQUIRE(b.dropped.size() == 1);
  CHECK(b.dropped[0].concept_name == "concept 2");
  CHECK(b.dropped[0].step == "constant");
  CHECK(b.kept == std::vector<int64_t>{0, 1, 3, 4});
  CHECK(std::isnan(b.similarity.values()[2]));
  for (const double x : project(b, w.f).values()) CHECK(std::isfinite(x));
}

TEST_CASE("concept bottleneck: batches smaller than the data are drawn anew each step, by the seed") {
  const World w;
  BottleneckOptions o = quick();
  o.train_batch = 64;
  const Bottleneck a = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, o);
  CHECK(same(a, train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, o)));
  o.seed = 43;
  CHECK_FALSE(same(a, train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, o)));
}

TEST_CASE("concept bottleneck: one thread and two give the same bits") {
  const World w(700);
  const int before = thread_count();
  set_thread_count(1);
  const Bottleneck one = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick());
  set_thread_count(2);
  const Bottleneck two = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick());
  set_thread_count(before);
  CHECK(same(one, two));
}

TEST_CASE("concept bottleneck: interrupted and resumed, it ends in the same bits") {
  const World w;
  const Bottleneck whole = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick());
  struct Stop : Monitor {
    void progress(std::string_view, int64_t done, int64_t, std::string_view, std::string_view) override {
      if (done == 33) request_interrupt();
    }
  } stop;
  const auto folder = (std::filesystem::temp_directory_path() / "ceir_test_cbm_resume").string();
  std::filesystem::remove_all(folder);
  Checkpoint first(folder, "cbm", "key", 1e9);
  CHECK_THROWS_AS(train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick(), &stop, &first), Error);
  clear_interrupt();
  Checkpoint second(folder, "cbm", "key", 1e9);
  const Bottleneck resumed = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick(), nullptr, &second);
  CHECK(same(resumed, whole));
  REQUIRE(resumed.log.size() == whole.log.size());
  for (size_t i = 0; i < whole.log.size(); i++) {
    CHECK(resumed.log[i].loss == whole.log[i].loss);
    CHECK(resumed.log[i].validation == whole.log[i].validation);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("concept bottleneck: the file keeps weights, names and why others went") {
  const World w;
  Bottleneck b = train_bottleneck(w.f, w.p, w.vf, w.vp, w.names, quick());
  b.dropped.push_back({"a \"quoted\" thing", "f", 0.1, 0.25});
  const auto path = (std::filesystem::temp_directory_path() / "ceir_test_cbm.safetensors").string();
  save_bottleneck(path, b);
  const Bottleneck loaded = load_bottleneck(path);
  CHECK(same(b, loaded));
  REQUIRE(loaded.dropped.size() == 1);
  CHECK(loaded.dropped[0].concept_name == "a \"quoted\" thing");
  CHECK(loaded.dropped[0].step == "f");
  CHECK(loaded.dropped[0].threshold == 0.25);
  CHECK(project(loaded, w.vf).values() == project(b, w.vf).values());
  write_safetensors(path, {{"weight", b.weight}, {"mean", b.mean}, {"std", Tensor::zeros({5})}});
  CHECK(message_of([&] { load_bottleneck(path); }).find("deviations must be above 0") != std::string::npos);
  std::filesystem::remove(path);
}

TEST_CASE("concept bottleneck: input that cannot be trained on is named") {
  const World w;
  const auto train = [&](const Tensor& f, const Tensor& p, const std::vector<std::string>& names, const BottleneckOptions& o = quick()) {
    return message_of([&] { train_bottleneck(f, p, w.vf, w.vp, names, o); });
  };
  CHECK(train(w.f, w.p, {}).find("no concepts") != std::string::npos);
  CHECK(train(w.f.rows(0, 1), w.p.rows(0, 1), w.names).find("at least 2") != std::string::npos);
  CHECK(train(w.f.rows(0, 50), w.p, w.names).find("features have 50 rows, teacher cosines 200") != std::string::npos);
  CHECK(train(w.f, w.p, {"one"}).find("5 columns, expected 1") != std::string::npos);
  CHECK(train(Tensor::zeros({200, 0}), w.p, w.names).find("no columns") != std::string::npos);
  CHECK(train(Tensor::full({200, 12}, 1), w.p, w.names).find("not a number") != std::string::npos);
  Tensor bad = w.f.clone();
  bad.data<double>()[17 * 12 + 4] = INFINITY;
  CHECK(train(bad, w.p, w.names).find("row 17, column 4 is infinite") != std::string::npos);
  BottleneckOptions o = quick();
  o.cutoff = 2;
  CHECK(train(w.f, w.p, w.names, o).find("no concept is left") != std::string::npos);
  o = quick(), o.steps = 0;
  CHECK(train(w.f, w.p, w.names, o).find("steps") != std::string::npos);
}

TEST_CASE("validation rows: a tenth, ascending, never all") {
  const auto rows = validation_rows(100, 1);
  CHECK(rows.size() == 10);
  CHECK(std::is_sorted(rows.begin(), rows.end()));
  CHECK(other_rows(100, rows).size() == 90);
  CHECK(validation_rows(7, 1).size() == 2);
}
