// Graphs: what is queued is written down once and done at each launch; what may not be captured is told; their memory stays theirs.
#include "kernels/launch/graph.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "kernels/adam/adam.h"
#include "kernels/launch/compute.h"
#include "kernels/launch/failing.h"
#include "kernels/launch/repeated.h"
#include "models/vae_training.h"
#include "tensor/ops.h"
#include "tests/emulator/on_device.h"
#include "tests/scratch.h"
#include "tests/tensor/op_rows.h"

using namespace ceir;
using namespace ceir::test;

namespace {

const Runtime& emu() { return *emulator_runtime(); }

// What capturing `work` says; empty when it can be captured.
std::string refused(const std::function<void()>& work) {
  try {
    const Graph graph(work);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

struct OnEmulator {
  OnEmulator() { choose_device("emu:check"); }
  ~OnEmulator() {
    choose_device("cpu");
    emulator::set_options({});
    emulator::take_reports();
    use_no_runtime();
  }
};

std::vector<std::string> ran;
void note(const char* op, const char* variant) {
  if (std::string(op) == "vae_step") ran.emplace_back(variant);
}

}  // namespace

TEST_CASE("graph: nothing is done while it is captured, and all of it in order at each launch, on what lies there then") {
  const UseEmulator use;
  const ComputeOn scope(Device::cuda);
  Tensor x = Tensor::full({100}, 1), y = Tensor::zeros({100});
  const auto work = [&] {
    y.copy_from(add(scale(x, 2), y));  // a fill, two kernels and a copy
  };
  work();
  CHECK(y.values() == std::vector<double>(100, 2));
  const Graph graph(work);
  CHECK(y.values() == std::vector<double>(100, 2));
  graph.launch();
  CHECK(y.values() == std::vector<double>(100, 4));
  x.fill(10);
  graph.launch();
  graph.launch();
  CHECK(y.values() == std::vector<double>(100, 44));
}

TEST_CASE("graph: what may not be captured is told in a sentence, and the next capture is sound") {
  const UseEmulator use;
  const ComputeOn scope(Device::cuda);
  const Tensor x = Tensor::full({100}, 1);
  empty_pool();
  const DeviceMemory memory(64);
  const PinnedMemory pinned(64);
  char pageable[64] = {};
  const Stream other;
  Event event;
  const Graph nothing([] {});
  const std::pair<const char*, std::function<void()>> cases[] = {
      {"a stream may not be waited for while a stream is captured", [] { synchronize(); }},
      {"memory may not be asked for while a stream is captured", [] { const DeviceMemory more(64); }},
      {"asking for 64 bytes of pinned memory (emu) failed: pinned memory may not be asked for", [] { const PinnedMemory more(64); }},
      {"memory of the host that is not pinned may not be captured", [&] { memory.copy_in(pageable); }},
      {"memory of the host that is not pinned may not be captured", [&] { memory.copy_out(pageable); }},
      {"work was queued in another stream than the one that this thread captures", [&] { const OnStream on(other); memory.fill(1); }},
      {"memory of the host that is not pinned may not be captured", [&] { (void)x.values(); }},
      {"the emulator records no event", [&] { event.record(); }},
      {"the emulator lets no stream wait for an event", [&] { event.hold_back(); }},
      {"a graph may not be launched while a stream is captured", [&] { nothing.launch(); }},
      {"the capture was broken by something that may not be captured: memory may not be given back", [&] { emu().release(memory.as<void>()); }},
  };
  for (const auto& [why, work] : cases) {
    CAPTURE(std::string(why));
    const std::string said = refused(work);
    CAPTURE(said);
    CHECK(said.find(why) != std::string::npos);
    CHECK(refused([&] { memory.fill(3), pinned.queue_to(memory.as<void>(), 64); }).empty());
  }
  CHECK(emu().begin_capture(nullptr) != 0);
  GraphHandle graph = nullptr;
  CHECK(emu().end_capture(other.handle(), &graph) != 0);
  CHECK(emu().begin_capture(other.handle()) == 0);
  CHECK(emu().begin_capture(other.handle()) != 0);
  CHECK(emu().end_capture(other.handle(), &graph) != 0);  // broken by the second
  CHECK(graph == nullptr);
}

TEST_CASE("graph: the memory that it uses is nobody else's until it is destroyed") {
  const UseEmulator use;
  const ComputeOn scope(Device::cuda);
  empty_pool();
  const int64_t live = pool_account().live_bytes;
  {
    const Tensor x = Tensor::full({1000}, 3);
    Tensor y = Tensor::empty({1000});
    Tensor before = Tensor::full({1000}, 1);
    const void* between = nullptr;
    const void* dropped = before.address();
    const auto work = [&] {
      const Tensor twice = scale(x, 2);
      between = twice.address();
      y.copy_from(scale(before.defined() ? add(twice, before) : twice, 0.5));
    };
    work();
    auto graph = std::make_unique<Graph>([&] {
      work();
      before = Tensor();  // its last owner goes while its address is in the graph
    });
    std::vector<Tensor> others;
    for (int i = 0; i < 8; i++) {
      others.push_back(Tensor::full({1000}, 99));
      CHECK(others.back().address() != between);
      CHECK(others.back().address() != dropped);
    }
    for (int i = 0; i < 2; i++) {
      graph->launch();
      CHECK(y.values() == std::vector<double>(1000, 3.5));
    }
    others.clear();
    graph.reset();
    std::vector<const void*> free;
    for (int i = 0; i < 12; i++) others.push_back(Tensor::full({1000}, 99)), free.push_back(others.back().address());
    CHECK(std::count(free.begin(), free.end(), between) == 1);
    CHECK(std::count(free.begin(), free.end(), dropped) == 1);
  }
  CHECK(pool_account().live_bytes == live);
}

TEST_CASE("graph: a scratch memory that is in a graph is not the thread's any more") {
  const UseEmulator use;
  void* first = device_workspace(100);
  const Graph graph([&] { first = device_workspace(50); });
  CHECK(device_workspace(50) != first);
}

TEST_CASE("adam: rates that stand in memory, on the device and on the CPU, give the bits of rates at hand") {
  const auto values = [](uint64_t salt) { return drawn({1030}, salt, 0, 1).to(DType::f32); };
  const auto run = [&](auto table_variants, bool in_memory, Device device, const char* name) {
    const ComputeOn scope(device);
    Tensor w = values(1).on(device), g = values(2).on(device), m = values(3).on(device), v = values(4).on(device);
    const Tensor rates = Tensor::from(std::vector<float>{1e-2f, 0.5f, 0.999f}, {3});
    AdamUpdate<float> a{w.data<float>(), g.data<float>(), m.data<float>(), v.data<float>(), 1030, 0.9f, 0.99f, 1e-8f, 1e-2f, 0.5f, 0.999f};
    if (in_memory) a.rates = rates.data<float>(), a.step_size = a.sqrt_correction = a.shrink = 7;
    const AdamAll<float> all{&a, 1};
    for (const auto& rung : table_variants)
      if (std::string(rung.name) == name) {
        if constexpr (requires { rung.run(a); }) rung.run(a);
        else rung.run(all);
      }
    return w.values();
  };
  const UseEmulator use;
  for (const auto& rung : adam_variants.variants()) {
    if (rung.lacks({})) continue;
    CAPTURE(rung.name);
    CHECK(run(adam_variants.variants(), true, rung.device, rung.name) == run(adam_variants.variants(), false, rung.device, rung.name));
  }
  for (const auto& rung : adam_all_variants.variants()) {
    CAPTURE(rung.name);
    CHECK(run(adam_all_variants.variants(), true, rung.device, rung.name) == run(adam_all_variants.variants(), false, rung.device, rung.name));
  }
}

TEST_CASE("VAE: a training step as a graph gives the bits of its launches, a last batch of another size included") {
  const Tensor x = drawn({29, 7}, 5).to(DType::f32);
  for (const auto likelihood : {Likelihood::gaussian, Likelihood::bce}) {
    VaeOptions options;
    options.epochs = 3, options.train_batch = 8, options.latent = 3, options.hidden = 6, options.likelihood = likelihood, options.beta = 0.3;
    const auto train = [&](const char* how) {
      const KernelChoice choice("vae_step", how);
      const OnEmulator device;
      ran.clear();
      set_kernel_observer(note);
      TrainedVae trained = train_vae(x, options);
      set_kernel_observer(nullptr);
      return trained;
    };
    const TrainedVae graph = train("graph");
    CHECK(ran == std::vector<std::string>(9, "graph"));  // 8 + 8 + 8 + 5 rows: three of four batches, three times
    const TrainedVae stream = train("stream");
    CHECK(ran == std::vector<std::string>(9, "stream"));
    const auto a = graph.vae.state(), b = stream.vae.state();
    for (size_t i = 0; i < a.size(); i++) {
      CAPTURE(a[i].first);
      CHECK(a[i].second.values() == b[i].second.values());
    }
    REQUIRE(graph.log.size() == 3);
    for (size_t i = 0; i < 3; i++) CHECK(graph.log[i].losses.total == stream.log[i].losses.total);
    CHECK(graph.vae.encoder().batches_tracked == 12);
    const TrainedVae cpu = train_vae(x, options);
    for (size_t i = 0; i < 3; i++) CHECK(std::abs(graph.log[i].losses.total - cpu.log[i].losses.total) <= 1e-3 * cpu.log[i].losses.total);
  }
}

TEST_CASE("VAE: steps on a device wait for nothing; a loss that is not a number is told with its batch") {
  static int waits = 0;
  static Runtime counting;
  counting = emu();
  counting.synchronize = [](StreamHandle s) { return waits++, emu().synchronize(s); };
  const Tensor x = drawn({40, 7}, 5).to(DType::f32);
  const auto waits_of = [&](int64_t rows) {
    const OnEmulator device;
    (void)stage_device();
    use_runtime(counting);
    VaeOptions options;
    options.epochs = 1, options.train_batch = 4, options.latent = 3, options.hidden = 6;
    waits = 0;
    (void)train_vae(x.rows(0, rows), options);
    const int all = waits;
    empty_pool();
    return all;
  };
  CHECK(waits_of(40) == waits_of(8));  // ten batches or two
  const OnEmulator device;
  VaeOptions options;
  options.epochs = 2, options.train_batch = 10, options.latent = 3, options.hidden = 6, options.lr = 1e30, options.cosine_schedule = false;
  check_error(ErrorKind::bad_input, "VAE: the loss of epoch 1, batch", [&] { train_vae(x, options); });
}

TEST_CASE("VAE: whichever call of the device fails while steps are queued, an Error says so, and nothing leaks") {
  const Tensor x = drawn({9, 5}, 5).to(DType::f32);
  VaeOptions options;
  options.epochs = 1, options.train_batch = 4, options.latent = 2, options.hidden = 3;
  const auto work = [&] { return train_vae(x, options).log.back().losses.total; };
  choose_device("emu");
  (void)stage_device();
  const double want = work();
  const int64_t live = pool_account().live_bytes;
  use_runtime(failing_runtime(emu(), {}));
  const int64_t opening = failing_runtime_calls();
  CHECK(work() == want);
  const int64_t calls = failing_runtime_calls();
  int64_t failed = 0;
  for (int64_t call = opening; call < calls; call += 3) {
    CAPTURE(call);
    use_runtime(failing_runtime(emu(), {.call = call, .code = 719}));
    try {
      const double got = work();
      CHECK(got == want);  // memory that was refused was found on a second try
    } catch (const Error& e) {
      failed++;
      CHECK(std::string(e.what()).find("a failure on purpose") != std::string::npos);
    }
    CHECK(pool_account().live_bytes == live);
    empty_pool();
  }
  CHECK(failed >= (calls - opening) / 5);  // of a third; what is refused memory tries again
  empty_pool();
  use_runtime(emu());
  CHECK(work() == want);
  empty_pool();
  choose_device("cpu");
  use_no_runtime();
}
