#include "models/vae.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "kernels/base/interrupt.h"
#include "kernels/base/random.h"
#include "kernels/base/threads.h"
#include "kernels/normal/normal.h"
#include "models/vae_training.h"
#include "tests/scratch.h"

using namespace ceir;
using ceir::test::message_of;

namespace {

// Concept vectors of `groups` kinds of pictures with noise.
Tensor world(int64_t n, int64_t k, uint64_t seed, int64_t groups = 3) {
  Tensor x = Tensor::empty({n, k});
  fill_normal(Random(seed, "test.world"), x.data<float>(), x.numel());
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < k; j++) x.data<float>()[i * k + j] = 0.4f * x.data<float>()[i * k + j] + (j % groups == i % groups ? 1.4f : -0.7f);
  return x;
}

VaeOptions small(DType precision = DType::f32) {
  VaeOptions o;
  o.epochs = 4, o.train_batch = 32, o.latent = 4, o.hidden = 16, o.precision = precision, o.seed = 7;
  return o;
}

bool same_state(const Vae& a, const Vae& b) {
  const NamedTensors x = a.state(), y = b.state();
  for (size_t i = 0; i < x.size(); i++)
    if (x[i].first != y[i].first || x[i].second.values() != y[i].second.values()) return false;
  return x.size() == y.size();
}

std::string scratch(const char* name) {
  const auto folder = std::filesystem::temp_directory_path() / (std::string("ceir_test_vae_") + name);
  std::filesystem::remove_all(folder);
  return folder.string();
}

}  // namespace

TEST_CASE("VAE: training lowers the loss, both protocols") {
  for (const bool faithful : {false, true}) {
    VaeOptions o = faithful ? VaeOptions::faithful() : VaeOptions::sound();
    o.epochs = 12, o.train_batch = 32, o.latent = 4, o.hidden = 16;
    if (faithful) o.lr = 1e-3;
    const TrainedVae t = train_vae(world(300, 12, 1), o);
    REQUIRE(t.log.size() == 12);
    CHECK(t.log.front().epoch == 1);
    CHECK(t.log.back().losses.total < 0.8 * t.log.front().losses.total);
    CHECK(t.log.back().losses.total == doctest::Approx(t.log.back().losses.reconstruction + o.beta * t.log.back().losses.kl).epsilon(1e-5));
  }
}

TEST_CASE("VAE: the same seed gives the same bits for one thread and two, another seed does not") {
  const Tensor x = world(203, 12, 2);
  const int before = thread_count();
  set_thread_count(1);
  const TrainedVae one = train_vae(x, small());
  set_thread_count(2);
  const TrainedVae two = train_vae(x, small());
  set_thread_count(before);
  CHECK(same_state(one.vae, two.vae));
  VaeOptions other = small();
  other.seed = 8;
  CHECK_FALSE(same_state(one.vae, train_vae(x, other).vae));
}

TEST_CASE("VAE: a latent does not depend on the rows beside it") {
  const Tensor x = world(70, 12, 3);
  const Vae vae = train_vae(x, small()).vae;
  const Tensor all = vae.latents(x);
  for (const int64_t i : {0, 1, 33, 69}) CHECK(vae.latents(x.rows(i, i + 1)).values() == all.rows(i, i + 1).values());
}

TEST_CASE("VAE: interrupted in the middle of an epoch and resumed, it ends in the same bits") {
  const Tensor x = world(203, 12, 4);
  const TrainedVae whole = train_vae(x, small());
  struct Stop : Monitor {
    int64_t at;
    void progress(std::string_view, int64_t done, int64_t, std::string_view, std::string_view) override {
      if (done == at) request_interrupt();
    }
  };
  const std::string folder = scratch("resume");
  for (const int64_t at : {7, 16}) {  // the end of the first epoch; the middle of the third
    Checkpoint first(folder, "vae", "key", 1e9);
    Stop stop;
    stop.at = at;
    CHECK_THROWS_AS(train_vae(x, small(), &stop, &first), Error);
    clear_interrupt();
    Checkpoint second(folder, "vae", "key", 1e9);
    const TrainedVae resumed = train_vae(x, small(), nullptr, &second);
    CHECK(same_state(resumed.vae, whole.vae));
    REQUIRE(resumed.log.size() == whole.log.size());
    for (size_t i = 0; i < whole.log.size(); i++) CHECK(resumed.log[i].losses.total == whole.log[i].losses.total);
    second.remove();
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("VAE: saved and loaded it encodes to the same bits, with its likelihood and latent size") {
  const Tensor x = world(64, 12, 5);
  VaeOptions o = small();
  o.likelihood = Likelihood::bce;
  const Vae vae = train_vae(x, o).vae;
  const std::string path = scratch("save") + ".safetensors";
  vae.save(path, {{"note", "kept"}});
  const Vae loaded = Vae::load(path);
  CHECK(loaded.likelihood() == Likelihood::bce);
  CHECK(loaded.latent() == 4);
  CHECK(loaded.hidden() == 16);
  CHECK(same_state(vae, loaded));
  CHECK(loaded.latents(x).values() == vae.latents(x).values());
  const SafetensorsFile file(path);
  CHECK(file.metadata().at("note") == "kept");
  CHECK(file.find("encoder.1.running_mean") != nullptr);
  CHECK(file.find("decoder.3.bias") != nullptr);
  std::filesystem::remove(path);
}

TEST_CASE("VAE of presence: trained and encoded as if the rows had been cut at the level, and it stays in the file") {
  const Tensor x = world(64, 12, 5);
  Tensor cut = x.clone();
  for (float& v : cut.span<float>()) v = std::max(v - 0.5f, 0.0f);
  VaeOptions o = small();
  const Vae by_hand = train_vae(cut, o).vae;
  o.present_above = 0.5;
  const Vae vae = train_vae(x, o).vae;
  CHECK(same_state(vae, by_hand));
  CHECK(vae.presence(x).values() == cut.values());
  CHECK(vae.latents(x).values() == by_hand.latents(cut).values());
  CHECK(vae.clone().latents(x).values() == vae.latents(x).values());
  const std::string path = scratch("presence") + ".safetensors";
  vae.save(path);
  const Vae loaded = Vae::load(path);
  CHECK(loaded.present_above() == 0.5);
  CHECK(loaded.latents(x).values() == vae.latents(x).values());
  by_hand.save(path);
  CHECK_FALSE(Vae::load(path).present_above().has_value());
  by_hand.save(path, {{"present_above", "much"}});
  CHECK_THROWS_WITH_AS(Vae::load(path), doctest::Contains("present_above is 'much'"), Error);
  std::filesystem::remove(path);
}

TEST_CASE("VAE: given noise and state are replayed, rows in their order") {
  const Tensor x = world(40, 12, 6);
  VaeOptions o = small();
  const Vae start(12, 16, 4, Likelihood::gaussian, DType::f32, 99);
  o.initial = start.state();
  o.noise = Tensor::empty({o.epochs, 40, 4});
  fill_normal(Random(1, "test.noise"), o.noise.data<float>(), o.noise.numel());
  o.cosine_schedule = false;
  const Vae trained = train_vae(x, o).vae;
  Vae by_hand = start.clone();
  VaeTrainer trainer(by_hand, o.lr, o.beta);
  for (int64_t e = 0; e < o.epochs; e++)
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 32}, {32, 40}})
      trainer.step(x.rows(begin, end), o.noise.rows(e, e + 1).reshaped({40, 4}).rows(begin, end));
  CHECK(same_state(trained, by_hand));
}

TEST_CASE("VAE: a last batch of one row joins the one before it") {
  VaeOptions o = small();
  o.epochs = 1;
  CHECK(train_vae(world(65, 12, 7), o).log.size() == 1);
  CHECK(train_vae(world(2, 12, 7), o).log.size() == 1);
}

TEST_CASE("VAE: input that cannot be trained on is named") {
  Tensor x = world(20, 12, 8);
  CHECK(message_of([&] { train_vae(x.rows(0, 1), small()); }).find("at least 2") != std::string::npos);
  CHECK(message_of([&] { train_vae(Tensor::zeros({20, 0}), small()); }).find("no columns") != std::string::npos);
  CHECK(message_of([&] { train_vae(Tensor(), small()); }).find("matrix") != std::string::npos);
  x.data<float>()[5 * 12 + 3] = NAN;
  CHECK(message_of([&] { train_vae(x, small()); }).find("row 5, column 3 is NaN") != std::string::npos);
  x = world(20, 12, 8);
  VaeOptions o = small();
  o.noise = Tensor::zeros({3, 4});
  CHECK(message_of([&] { train_vae(x, o); }).find("noise has shape (3, 4)") != std::string::npos);
  o = small(), o.beta = -1;
  CHECK(message_of([&] { train_vae(x, o); }).find("beta") != std::string::npos);
  o = small(), o.train_batch = 1;
  CHECK(message_of([&] { train_vae(x, o); }).find("at least 2") != std::string::npos);
  o = small(), o.initial = {{"encoder.0.weight", Tensor::zeros({3, 3})}};
  CHECK(message_of([&] { train_vae(x, o); }).find("encoder.0.weight") != std::string::npos);
  CHECK(message_of([&] { likelihood_from("poisson"); }).find("gaussian") != std::string::npos);
}

TEST_CASE("VAE: the authors' evaluation moves the running statistics, ours does not") {
  const Tensor x = world(50, 12, 9);
  Vae vae = train_vae(x, small()).vae;
  const Vae before = vae.clone();
  vae.latents(x);
  vae.sample(x, 1);
  CHECK(same_state(before, vae));
  const Tensor z = vae.sample_training_mode(x, 16, 1);
  CHECK(z.shape() == Shape{50, 4});
  CHECK_FALSE(same_state(before, vae));
}
