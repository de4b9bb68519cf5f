// What a CLIP promises about bits: a feature depends on its own image or text and the weights, on nothing beside it.
#include <cmath>

#include <doctest/doctest.h>

#include "kernels/base/threads.h"
#include "models/embed.h"
#include "tensor/tape.h"
#include "tests/models/tiny_clip.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Threads {
  explicit Threads(int n) { set_thread_count(n); }
  ~Threads() { set_thread_count(0); }
};

}  // namespace

TEST_CASE("clip: image features have the same bits for batch 1, 7 and 64, and for 1, 2 and 3 threads") {
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 7);
  clip->freeze();
  const Tensor pixels = drawn_pixels(config, 64);
  std::vector<double> reference;
  for (const int threads : {1, 2, 3}) {
    const Threads guard(threads);
    for (const int64_t batch : {1, 7, 64}) {
      CAPTURE(threads);
      CAPTURE(batch);
      const std::vector<double> features = embed_pixels(*clip, pixels, batch).values();
      if (reference.empty()) reference = features;
      CHECK(features == reference);
    }
  }
  CHECK(embed_pixels(*clip, pixels.rows(40, 41), 1).values() == std::vector<double>(reference.begin() + 40 * 24, reference.begin() + 41 * 24));
}

TEST_CASE("clip: text features have the same bits for batch 1, 7 and 64, and for 1, 2 and 3 threads") {
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 7);
  clip->freeze();
  const auto texts = drawn_texts(config, 64);
  Tensor ids = Tensor::full({64, config.text->context}, 59, DType::i64);
  for (size_t i = 0; i < texts.size(); i++) std::copy(texts[i].begin(), texts[i].end(), ids.data<int64_t>() + static_cast<int64_t>(i) * config.text->context);
  const std::vector<double> reference = clip->text_features(texts).values();
  for (const int threads : {1, 2, 3}) {
    const Threads guard(threads);
    for (const int64_t batch : {1, 7, 64}) {
      CAPTURE(threads);
      CAPTURE(batch);
      CHECK(embed_ids(*clip, ids, batch).values() == reference);
    }
  }
}

TEST_CASE("clip: a SigLIP's features have the same bits whatever the batch, the threads and the packing; its texts are padded") {
  const ClipConfig config = tiny_siglip_config();
  const auto clip = Clip::create(config, 7);
  const Tensor pixels = drawn_pixels(config, 7);
  const auto texts = drawn_texts(config, 7);
  const std::vector<double> image = clip->image_features(pixels).values(), text = clip->text_features(texts).values();
  clip->freeze();
  for (const int threads : {1, 3}) {
    const Threads guard(threads);
    for (const int64_t batch : {1, 7}) CHECK(embed_pixels(*clip, pixels, batch).values() == image);
    CHECK(clip->text_features(texts).values() == text);
  }
  std::vector<int64_t> padded = texts[2];
  padded.resize(static_cast<size_t>(config.text->context), config.text->pad_token_id);
  CHECK(clip->text_features({padded}).values() == clip->text_features({texts[2]}).values());
  padded.back() = 5;   // what is read is the last position, whatever it holds
  CHECK(clip->text_features({padded}).values() != clip->text_features({texts[2]}).values());
}

TEST_CASE("clip: a SigLIP's probabilities are a sigmoid of each pair, a CLIP's a softmax over the texts") {
  const auto siglip = Clip::create(tiny_siglip_config(), 7), clip = Clip::create(tiny_config(), 7);
  const Tensor a = Tensor::from(std::vector<float>{1, 0, 0, 2}, {2, 2}), b = Tensor::from(std::vector<float>{3, 0, 0, 1, 1, 1}, {3, 2});
  const std::vector<double> p = siglip->probabilities(a, b).values(), q = clip->probabilities(a, b).values();
  const double factor = siglip->logit_scale_factor();
  CHECK(p[0] == doctest::Approx(1 / (1 + std::exp(-(factor - 10)))));
  CHECK(p[1] == doctest::Approx(1 / (1 + std::exp(10.0))));
  CHECK(q[0] + q[1] + q[2] == doctest::Approx(1));
  CHECK(siglip->logits(a, b).values()[5] == doctest::Approx(factor * std::sqrt(0.5) - 10));
}

TEST_CASE("clip: packed weights and a trace change no bit of a feature") {
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 3);
  const Tensor pixels = drawn_pixels(config, 5);
  const auto texts = drawn_texts(config, 1);
  const std::vector<double> image = clip->image_features(pixels).values(), text = clip->text_features(texts).values();
  clip->freeze();
  CHECK(clip->image_features(pixels).values() == image);
  CHECK(clip->text_features(texts).values() == text);
  size_t steps = 0;
  const Trace trace = [&](const std::string&, const Tensor&) { steps++; };
  CHECK(clip->image_features(pixels, &trace).values() == image);
  CHECK(steps == 2 + 5 * 2 + 2);   // embeddings, pre norm; four parts and the layer itself, twice; post norm, projection
}

TEST_CASE("clip: a training step sees the features of inference") {
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 3);
  const Tensor pixels = drawn_pixels(config, 5);
  const auto texts = drawn_texts(config, 5);
  const std::vector<double> image = clip->image_features(pixels).values(), text = clip->text_features(texts).values();
  track(clip->parameters());
  const Tape tape;   // activations are operations of their own, texts are padded to one length
  const std::vector<double> i = clip->image_features(pixels).values(), t = clip->text_features(texts).values();
  CHECK(tape.size() > 0);
  for (size_t k = 0; k < image.size(); k++) CHECK(i[k] == doctest::Approx(image[k]).epsilon(1e-4));
  for (size_t k = 0; k < text.size(); k++) CHECK(t[k] == doctest::Approx(text[k]).epsilon(1e-4));
}

TEST_CASE("clip: a text's feature is that of its ids up to the end token; longer ones are cut with the end kept") {
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 5);
  const int64_t bos = config.text->bos_token_id, eos = config.text->eos_token_id;
  const std::vector<double> plain = clip->text_features({{bos, 4, 9, eos}}).values();
  CHECK(clip->text_features({{bos, 4, 9, eos, 3, 3, eos}}).values() == plain);
  std::vector<int64_t> longer{bos}, cut{bos};
  for (int64_t i = 0; i < 20; i++) longer.push_back(i);
  longer.push_back(eos);
  for (int64_t i = 0; i < config.text->context - 2; i++) cut.push_back(i);
  cut.push_back(eos);
  CHECK(clip->text_features({longer}).values() == clip->text_features({cut}).values());
}

TEST_CASE("clip: eos_token_id 2 pools at the largest id, any other at its first occurrence") {
  ClipConfig config = tiny_config();
  const std::vector<int64_t> ids{57, 4, 58, 59, 5};   // 58 comes first, 59 is larger
  const auto first = Clip::create(config, 5);
  config.text->eos_token_id = 2;
  const auto largest = Clip::create(config, 5);
  CHECK(first->text_features({ids}).values() == first->text_features({{57, 4, 58}}).values());
  CHECK(largest->text_features({ids}).values() == largest->text_features({{57, 4, 58, 59}}).values());
  CHECK(largest->text_features({ids}).values() != first->text_features({ids}).values());
}

TEST_CASE("clip: an id outside the vocabulary, an empty text and pixels of another size are refused by name") {
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 5);
  CHECK_THROWS_WITH_AS(clip->text_features({{57, 60, 58}}), doctest::Contains("token id 60, outside this model's vocabulary of 60"), Error);
  CHECK_THROWS_WITH_AS(clip->text_features({{57, -1, 58}}), doctest::Contains("token id -1"), Error);
  CHECK_THROWS_WITH_AS(clip->text_features({{57, 58}, {}}), doctest::Contains("text 1 has no token ids"), Error);
  CHECK_THROWS_WITH_AS(clip->image_features(Tensor::zeros({1, 3, 17, 16})), doctest::Contains("this model takes (N, 3, 16, 16)"), Error);
  CHECK_THROWS_WITH_AS(embed_ids(*clip, Tensor::zeros({2, 13}, DType::i64)), doctest::Contains("this model takes 1 to 12"), Error);
  ClipConfig one = config;
  one.text.reset();
  CHECK_THROWS_WITH_AS(Clip::create(one, 1)->text_features({{1}}), doctest::Contains("image-only model"), Error);
  one = config;
  one.image.reset();
  CHECK_THROWS_WITH_AS(Clip::create(one, 1)->image_features(Tensor::zeros({1, 3, 16, 16})), doctest::Contains("text-only model"), Error);
}

TEST_CASE("clip: random weights come from the seed, a stream for each tensor") {
  ClipConfig config = tiny_config();
  const auto a = Clip::create(config, 1), b = Clip::create(config, 1), c = Clip::create(config, 2);
  CHECK(a->content_hash() == b->content_hash());
  CHECK(a->content_hash() != c->content_hash());
  config.text.reset();
  const auto image_only = Clip::create(config, 1);
  const Tensor pixels = drawn_pixels(config, 2);
  CHECK(image_only->image_features(pixels).values() == a->image_features(pixels).values());
  double squares = 0;   // fc1's standard deviation: (2 width)^-1/2
  int64_t n = 0;
  for (const auto& [name, tensor] : a->parameters()) {
    if (name != "vision_model.encoder.layers.0.mlp.fc1.weight") continue;
    for (const double v : tensor->values()) squares += v * v;
    n = tensor->numel();
  }
  REQUIRE(n == 36 * 50);
  CHECK(std::sqrt(squares / static_cast<double>(n)) == doctest::Approx(1 / std::sqrt(72.0)).epsilon(0.05));
}

TEST_CASE("zero-shot scores: cosines times the factor; softmax makes rows of probabilities") {
  const Tensor images = Tensor::from(std::vector<float>{3, 4, 0, 0, 0, 2}, {3, 2}), texts = Tensor::from(std::vector<float>{1, 0, 0, -5}, {2, 2});
  const std::vector<double> cosines = cosine_matrix(images, texts).values();
  const std::vector<double> expected{0.6, -0.8, 0, 0, 0, -1};
  for (size_t i = 0; i < expected.size(); i++) CHECK(cosines[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  const std::vector<double> p = zero_shot_scores(images, texts, 10, true).values();
  CHECK(p[0] == doctest::Approx(1 / (1 + std::exp(-14.0))).epsilon(1e-5));
  CHECK(p[2] == 0.5);
  CHECK_THROWS_WITH_AS(cosine_matrix(images, Tensor::zeros({2, 3})), doctest::Contains("not of one space"), Error);
}
