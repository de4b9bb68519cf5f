// Every stage on a device, through the host code that a GPU would run: against the CPU from the same inputs.
#include <unistd.h>

#include <filesystem>

#include "data/image_set.h"
#include "kernels/base/interrupt.h"
#include "kernels/launch/compute.h"
#include "models/attribution.h"
#include "models/clip_training.h"
#include "models/concept_bottleneck.h"
#include "models/embed.h"
#include "models/kmeans.h"
#include "models/vae_training.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/emulator/on_device.h"
#include "tests/tensor/op_rows.h"
#include "tests/tools/process.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// `--device emu:check` while it lives: every access of every kernel is looked at.
struct OnEmulator {
  OnEmulator() { choose_device("emu:check"); }
  ~OnEmulator() {
    choose_device("cpu");
    emulator::set_options({});
    emulator::take_reports();
    use_no_runtime();
  }
};

// Calls stage() on the CPU, then on the device.
template <class Stage>
auto on_both(const Stage& stage) {
  auto cpu = stage();
  const OnEmulator device;
  return std::pair{std::move(cpu), stage()};
}

// max |a - b| / max |b|
double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  const std::vector<double> x = a.values(), y = b.values();
  double worst = 0, largest = 0;
  for (size_t i = 0; i < x.size(); i++) {
    if (const double e = std::abs(x[i] - y[i]); !(e <= worst)) worst = e;
    largest = std::max(largest, std::abs(y[i]));
  }
  return worst / largest;
}

Tensor f32(const Shape& shape, uint64_t salt) { return drawn(shape, salt).to(DType::f32); }

}  // namespace

TEST_CASE("device pipeline: pictures, texts and their cosines") {
  const auto images = open_images("scenes:8");
  const auto [cpu, device] = on_both([&] {
    const auto clip = Clip::open("nano");
    EmbedOptions options;
    options.batch = 3;  // three batches: one is decoded while another is in flight
    const EmbedResult pictures = embed_images(*clip, *images, options);
    const Tensor texts = embed_texts(*clip, {"a red ball", "a photo of a sleeping cat on a blue sofa"}, 2);
    return std::vector<Tensor>{pictures.features, texts, cosine_matrix(pictures.features, texts)};
  });
  for (size_t i = 0; i < cpu.size(); i++) {
    CAPTURE(i);
    CHECK(device[i].device() == Device::cpu);
    CHECK(difference(device[i], cpu[i]) <= 1e-5);
  }
}

TEST_CASE("device pipeline: a batch does not change a bit") {
  const OnEmulator device;
  const auto images = open_images("scenes:4");
  const auto clip = Clip::open("nano");
  EmbedOptions one, three;
  one.batch = 1, three.batch = 3;
  CHECK(embed_images(*clip, *images, one).features.values() == embed_images(*clip, *images, three).features.values());
}

TEST_CASE("device pipeline: concept bottleneck") {
  const Tensor features = f32({40, 12}, 1), teacher = f32({40, 5}, 2), val_features = f32({10, 12}, 3), val_teacher = f32({10, 5}, 4);
  for (const int64_t train_batch : {50000, 16}) {
    CAPTURE(train_batch);
    const auto [cpu, device] = on_both([&] {
      BottleneckOptions options;
      options.steps = 8, options.cutoff = -1, options.train_batch = train_batch, options.check_every = 4;
      return train_bottleneck(features, teacher, val_features, val_teacher, {"a", "b", "c", "d", "e"}, options);
    });
    // Adam divides a gradient by its own size: one that is nearly 0 may step either way, by a learning rate.
    CHECK(difference(device.weight, cpu.weight) <= 1e-3);
    CHECK(difference(device.similarity, cpu.similarity) <= 1e-3);
    REQUIRE(device.log.size() == cpu.log.size());
    for (size_t i = 0; i < cpu.log.size(); i++) CHECK(std::abs(device.log[i].loss - cpu.log[i].loss) <= 1e-4);
    const auto [q, r] = on_both([&, &b = cpu] { return project(b, features); });
    CHECK(difference(r, q) <= 1e-5);
  }
}

TEST_CASE("device pipeline: VAE, from its first step to the latents") {
  const Tensor x = f32({30, 9}, 5);
  for (const auto likelihood : {Likelihood::gaussian, Likelihood::bce, Likelihood::squared_error}) {
    CAPTURE(name_of(likelihood));
    VaeOptions options;
    options.epochs = 2, options.train_batch = 12, options.latent = 4, options.hidden = 16, options.likelihood = likelihood;
    options.present_above = 0.2;
    const auto [cpu, device] = on_both([&] { return train_vae(x, options); });
    REQUIRE(device.log.size() == cpu.log.size());
    for (size_t i = 0; i < cpu.log.size(); i++) CHECK(std::abs(device.log[i].losses.total - cpu.log[i].losses.total) <= 1e-4 * cpu.log[i].losses.total);
    CHECK(difference(device.vae.encoder().running_var, cpu.vae.encoder().running_var) <= 1e-4);
    CHECK(difference(device.vae.latents(x), cpu.vae.latents(x)) <= 2e-2);  // Adam, as above
    const auto [l, m] = on_both([&, &v = cpu.vae] { return v.latents(x); });
    CHECK(difference(m, l) <= 1e-5);
  }
}

TEST_CASE("device pipeline: k-means") {
  const Tensor x = f32({150, 6}, 7);
  for (const int64_t k : {1, 3, 14}) {
    CAPTURE(k);
    const auto [cpu, device] = on_both([&] {
      KMeansOptions options;
      options.clusters = k, options.restarts = 3;
      return kmeans(x, options);
    });
    CHECK(device.labels.values() == cpu.labels.values());
    CHECK(difference(device.centers, cpu.centers) <= 1e-5);
    CHECK(std::abs(device.inertia - cpu.inertia) <= 1e-5 * cpu.inertia);
  }
}

TEST_CASE("device pipeline: attribution of a cluster's margin") {
  const Tensor x = f32({20, 9}, 8), centers = f32({3, 4}, 9);
  Vae vae(9, 16, 4, Likelihood::gaussian, DType::f32, 1);
  const auto [cpu, device] = on_both([&] { return margin_attribution(vae, x, centers); });
  CHECK(difference(device.values, cpu.values) <= 1e-5);
}

TEST_CASE("device pipeline: f64 stays on the CPU, to the bit") {
  const Tensor x = drawn({30, 9}, 5);
  VaeOptions options;
  options.epochs = 1, options.latent = 4, options.hidden = 16, options.precision = DType::f64;
  const auto [cpu, device] = on_both([&] { return train_vae(x, options); });
  CHECK(device.vae.latents(x).values() == cpu.vae.latents(x).values());
}

TEST_CASE("device pipeline: a whole run, and what it says of itself") {
  const TempFolder folder;
  folder.write("concepts.txt", "red\nblue\na cat\na house\na tree\nround\n");
  const auto run = [&](const std::string& device) {
    ProcessOptions options;
    options.program = "ceir-emu";
    const Finished f = ceir_process({"run", "scenes:24", "--concepts", folder / "concepts.txt", "--device", device, "--seed", "7", "--set", "filter.rule=none",
                                     "--set", "vae.epochs=2", "--set", "vae.hidden=64", "--set", "cbm.steps=20", "--set", "cbm.cutoff=-1", "--clusters", "4",
                                     "--out", folder / device}, options);
    REQUIRE_MESSAGE(f.code == 0, f.err);
    return folder / device;
  };
  const std::string cpu = run("cpu"), device = run("emu");
  for (const auto& [file, bound] : {std::pair<const char*, double>{"features.npy", 1e-5}, {"teacher.npy", 1e-5}, {"concept_vectors.npy", 1e-3}, {"latents.npy", 5e-2}}) {
    CAPTURE(file);
    CHECK(difference(read_npy(device + "/" + file), read_npy(cpu + "/" + file)) <= bound);
  }
  CHECK(Json::read(device + "/run.json").at("machine", "run.json").get("device", "", "run.json") == "emu");
  const auto model = [](const std::string& run) { return Json::read(run + "/run.json").at("model", "run.json").get("sha256", "", "run.json"); };
  CHECK(model(device) == model(cpu));  // wherever its weights lie
  CHECK(Json::read(device + "/run.json").at("machine", "run.json").get("device_name", "", "run.json") == "block emulator");
  CHECK(Json::read(cpu + "/run.json").at("machine", "run.json").get("device", "", "run.json") == "cpu");
}

TEST_CASE("device pipeline: a run made on a device is verified there, and where there is none it is said") {
  const TempFolder folder;
  ProcessOptions emulated;
  emulated.program = "ceir-emu";
  folder.write("concepts.txt", "red\nblue\na cat\na house\na tree\nround\n");
  const Finished f = ceir_process({"run", "scenes:16", "--concepts", folder / "concepts.txt", "--device", "emu", "--seed", "7", "--set", "filter.rule=none", "--set", "vae.epochs=1",
                                   "--set", "cbm.steps=3", "--set", "cbm.cutoff=-1", "--clusters", "3", "--out", folder / "run"}, emulated);
  REQUIRE_MESSAGE(f.code == 0, f.err);
  const Finished same = ceir_process({"verify", folder / "run"}, emulated);
  CHECK_MESSAGE(same.code == 0, same.err);
  const Finished elsewhere = ceir_process({"verify", folder / "run"});
  CHECK(elsewhere.code == 2);
  CHECK(elsewhere.err.find("the block emulator is in build/ceir-emu") != std::string::npos);
}

TEST_CASE("device: a name that is none, an emulator or a GPU that is not there: one sentence") {
  const auto refused = [](const std::string& device, const std::string& sentence) {
    const TempFolder folder;
    const Finished g = ceir_process({"embed", "scenes:4", "--device", device, "--out", folder / "x.npy"});
    CAPTURE(g.err);
    CHECK(g.code == 2);
    CHECK(g.err.find(sentence) != std::string::npos);
    CHECK(files_below(folder / "", {}).empty());
  };
  refused("gpu", "--device 'gpu' is not known; there are auto, cpu, cuda");
  refused("cuda:x", "--device 'cuda:x' is not known");
  refused("emu", "the block emulator is in build/ceir-emu");
  refused("cuda", "built without the kernels for a GPU");
}

TEST_CASE("device pipeline: training a CLIP, its gradient limited, its checkpoint taken up again") {
  const auto data = open_captions("scenes:400:5");
  ClipTrainingOptions o;
  o.image_size = 40, o.shortest = 40, o.patch_size = 20, o.image_width = 16, o.image_layers = 1, o.image_heads = 2;
  o.text_width = 16, o.text_layers = 1, o.text_heads = 2, o.projection = 8;
  o.vocabulary = 300, o.vocabulary_captions = 400, o.batch = 6, o.steps = 3, o.lr = 3e-3, o.clip_gradient = 0.5;
  const auto [cpu, device] = on_both([&] { return train_clip(*data, o); });
  REQUIRE(device.losses.size() == 3);
  for (size_t i = 0; i < 3; i++) CHECK(device.losses[i] == doctest::Approx(cpu.losses[i]).epsilon(1e-4));
  const Parameters ours = device.clip->parameters(), theirs = cpu.clip->parameters();
  REQUIRE(ours.size() == theirs.size());
  // Adam's first steps are lr times a sign: an element whose gradient is nearly 0 may go the other way.
  for (size_t i = 0; i < ours.size(); i++) {
    CAPTURE(ours[i].first);
    const std::vector<double> a = ours[i].second->values(), b = theirs[i].second->values();
    size_t apart = 0;
    for (size_t k = 0; k < a.size(); k++) {
      CHECK(std::abs(a[k] - b[k]) <= 2 * 3 * o.lr);
      apart += std::abs(a[k] - b[k]) > 0.05 * o.lr;
    }
    CHECK(apart <= 1 + a.size() / 50);
  }
  const std::string whole = device.clip->content_hash();
  const auto folder = std::filesystem::temp_directory_path() / ("ceir_device_training_" + std::to_string(::getpid()));
  const OnEmulator emulator;
  struct Stop : Monitor {
    void progress(std::string_view stage, int64_t done, int64_t, std::string_view, std::string_view) override {
      if (stage == "train-clip" && done == 2) request_interrupt();
    }
  } stop;
  Checkpoint checkpoint(folder.string(), "train-clip", clip_training_key(*data, o));
  o.checkpoint = &checkpoint, o.monitor = &stop;
  CHECK_THROWS_AS(train_clip(*data, o), Error);
  clear_interrupt();
  o.monitor = nullptr;
  CHECK(train_clip(*data, o).clip->content_hash() == whole);
  std::filesystem::remove_all(folder);
}
