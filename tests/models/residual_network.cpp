// Residual networks against the same network composed of the operations on (B, C, H, W), which share no code with the bands
// of channels-last images; and their promises about bits and files.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "kernels/base/threads.h"
#include "models/embed.h"
#include "models/open_clip_config.h"
#include "tensor/ops/attention.h"
#include "tensor/ops/batchnorm.h"
#include "tensor/ops/elementwise.h"
#include "tensor/ops/matmul.h"
#include "tensor/ops/patches.h"
#include "tensor/ops/pool.h"
#include "tensor/ops/reduce.h"
#include "tensor/ops/shape.h"
#include "tensor/ops/unary.h"
#include "tensor/tape.h"
#include "tests/models/tiny_clip.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;

namespace {

ClipConfig modified_config() {
  ClipConfig c = tiny_config();
  c.image = ImageTowerConfig{};
  c.image->kind = ImageTowerKind::modified_resnet;
  c.image->image_size = 96;
  c.image->stages = {2, 1, 3, 1};
  c.image->tower.width = 6, c.image->tower.heads = 3;
  c.text->tower.activation = Unary::gelu_erf;
  c.text->eos_token_id = 2;
  return c;
}

ClipConfig plain_config() {
  ClipConfig c;
  c.image = ImageTowerConfig{};
  c.image->kind = ImageTowerKind::resnet;
  c.image->image_size = 75;   // odd sizes on the way down
  c.image->stages = {1, 2, 1, 1};
  c.image->tower.width = 4;
  c.projection = 128;
  return c;
}

// Statistics of the batch normalisations that are not 0 and 1.
std::unique_ptr<Clip> drawn_clip(const ClipConfig& config, DType dtype) {
  auto clip = Clip::create(config, 11, dtype);
  Random random(3, "test.statistics");
  for (auto& [name, tensor] : clip->parameters()) {
    const bool variance = name.ends_with("running_var"), mean = name.ends_with("running_mean");
    if (!variance && !mean) continue;
    const std::vector<double> drawn = [&] {
      std::vector<double> v(static_cast<size_t>(tensor->numel()));
      for (double& x : v) x = variance ? 0.3 + random.uniform() : 0.4 * random.normal();
      return v;
    }();
    tensor->copy_from(Tensor::from(drawn, tensor->shape()));
  }
  return clip;
}

// A linear layer on the windows.
Tensor plain_convolution(const Tensor& x, const Tensor& w, int64_t stride) {
  const int64_t kernel = w.dim(2), padding = kernel / 2, out = w.dim(0);
  const Tensor y = linear(patches(x, kernel, kernel, stride, padding), reshape(w, {out, w.dim(1) * kernel * kernel}), {});   // (B, P, O)
  const auto size = [&](int d) { return (x.dim(d) + 2 * padding - kernel) / stride + 1; };
  return reshape(permute(y, {0, 2, 1}), {x.dim(0), out, size(2), size(3)});
}

struct Reference {
  std::map<std::string, Tensor> p;
  bool modified;
  std::string before;

  Tensor conv(const Tensor& x, const std::string& c, const std::string& n, int64_t stride) {
    const Tensor& w = p.at(before + c + ".weight");
    const std::string norm = before + n;
    return batchnorm(plain_convolution(x, w, stride), p.at(norm + ".weight"), p.at(norm + ".bias"), p.at(norm + ".running_mean"), p.at(norm + ".running_var"), false);
  }
  Tensor block(const Tensor& x, const std::string& name, int64_t stride) {
    Tensor y = relu(conv(x, name + "conv1", name + "bn1", 1));
    y = relu(conv(y, name + "conv2", name + "bn2", modified ? 1 : stride));
    if (modified && stride > 1) y = avg_pool2d(y, stride, stride);
    y = conv(y, name + "conv3", name + "bn3", 1);
    Tensor identity = x;
    if (p.count(before + name + "downsample.0.weight"))
      identity = conv(modified && stride > 1 ? avg_pool2d(x, stride, stride) : x, name + "downsample.0", name + "downsample.1", modified ? 1 : stride);
    return relu(y + identity);
  }
  Tensor operator()(Tensor x, const ImageTowerConfig& c) {
    if (modified) {
      for (int i = 1; i <= 3; i++) x = relu(conv(x, fmt::format("conv{}", i), fmt::format("bn{}", i), i == 1 ? 2 : 1));
      x = avg_pool2d(x, 2, 2);
    } else {
      x = max_pool2d(relu(conv(x, "conv1", "bn1", 2)), 3, 2, 1);
    }
    for (size_t s = 0; s < 4; s++)
      for (int64_t b = 0; b < c.stages[s]; b++) x = block(x, fmt::format("layer{}.{}.", s + 1, b), b == 0 && s > 0 ? 2 : 1);
    if (!modified) return global_avg_pool2d(x);
    const std::string pool = "visual.attnpool.";
    const Tensor tokens = permute(reshape(x, {x.dim(0), x.dim(1), x.dim(2) * x.dim(3)}), {0, 2, 1});   // (B, P, E)
    const Tensor all = concat({reshape(mean(tokens, 1), {x.dim(0), 1, x.dim(1)}), tokens}, 1) + p.at(pool + "positional_embedding");
    // As multi-head attention over every token, of which the first is taken.
    const Tensor in = concat({p.at(pool + "q_proj.weight"), p.at(pool + "k_proj.weight"), p.at(pool + "v_proj.weight")}, 0);
    const Tensor bias = concat({p.at(pool + "q_proj.bias"), p.at(pool + "k_proj.bias"), p.at(pool + "v_proj.bias")}, 0);
    Tensor eye = Tensor::zeros({x.dim(1), x.dim(1)}, x.dtype());
    for (int64_t i = 0; i < x.dim(1); i++) eye.data<double>()[i * x.dim(1) + i] = 1;
    const Tensor attended = multihead_attention(all, in, bias, eye, Tensor::zeros({x.dim(1)}, x.dtype()), c.tower.heads, false);
    return linear(slice(attended, 1, 0, 1), p.at(pool + "c_proj.weight"), p.at(pool + "c_proj.bias"));
  }
};

std::map<std::string, Tensor> by_name(Clip& clip) {
  std::map<std::string, Tensor> map;
  for (auto& [name, tensor] : clip.parameters()) map[name] = tensor->clone();
  return map;
}

}  // namespace

TEST_CASE("residual network: equals its composition of plain operations, in double") {
  for (const ClipConfig& config : {modified_config(), plain_config()}) {
    const bool modified = config.image->kind == ImageTowerKind::modified_resnet;
    CAPTURE(modified);
    const auto clip = drawn_clip(config, DType::f64);
    Reference reference{by_name(*clip), modified, modified ? "visual." : ""};
    const Tensor pixels = drawn_pixels(config, 3, DType::f64);
    const std::vector<double> expected = reference(pixels, *config.image).values();
    for (const bool frozen : {false, true}) {
      if (frozen) clip->freeze();
      const std::vector<double> got = clip->image_features(pixels).values();
      REQUIRE(got.size() == expected.size());
      double largest = 0, error = 0;
      for (size_t i = 0; i < got.size(); i++) {
        largest = std::max(largest, std::fabs(expected[i]));
        error = std::max(error, std::fabs(got[i] - expected[i]));
      }
      CHECK(error <= 1e-12 * largest);
    }
  }
}

TEST_CASE("residual network: same bits for batch 1, 2 and 5, for 1, 2 and 3 threads, and for the kernels' own weights") {
  for (const ClipConfig& config : {modified_config(), plain_config()}) {
    const auto clip = drawn_clip(config, DType::f32);
    const Tensor pixels = drawn_pixels(config, 5);
    const std::vector<double> loose = clip->image_features(pixels).values();
    clip->freeze();
    for (const int threads : {1, 2, 3}) {
      set_thread_count(threads);
      for (const int64_t batch : {1, 2, 5}) {
        CAPTURE(threads);
        CAPTURE(batch);
        CHECK(embed_pixels(*clip, pixels, batch).values() == loose);
      }
    }
    set_thread_count(0);
  }
}

TEST_CASE("residual network: a trace shows every step, and no gradient is promised") {
  const ClipConfig config = modified_config();
  const auto clip = drawn_clip(config, DType::f32);
  std::vector<std::string> names;
  const Trace trace = [&](const std::string& name, const Tensor& value) {
    names.push_back(name);
    if (name == "layer2_block0") CHECK(value.shape() == Shape{1, 48, 12, 12});
  };
  const Tensor pixels = drawn_pixels(config, 1);
  clip->image_features(pixels, &trace);
  CHECK(names.size() == 4 + 7 + 2);
  CHECK(names.front() == "stem_conv1_bn_relu");
  CHECK(names[3] == "stem_avgpool");
  const Tape tape;
  CHECK_THROWS_WITH_AS(clip->image_features(pixels), doctest::Contains("inference"), Error);
}

TEST_CASE("residual network: saved in the layout of its library, it loads back equal bit for bit, each tensor in its own type") {
  for (const ClipConfig& config : {modified_config(), plain_config()}) {
    const bool modified = config.image->kind == ImageTowerKind::modified_resnet;
    const TemporaryFolder folder;
    const auto clip = drawn_clip(config, DType::f32);
    clip->save(folder.path + "/half", DType::f16);
    const std::string file = modified ? "/open_clip_model.safetensors" : "/model.safetensors";
    NamedTensors mixed;   // as OpenAI's archives are: statistics in f32, the rest in f16, and counters
    {
      const SafetensorsFile half(folder.path + "/half" + file);
      for (const TensorInfo& t : half.tensors()) mixed.emplace_back(t.name, half.tensor(t.name).to(t.name.find("bn") != std::string::npos ? DType::f32 : DType::f16).clone());
    }
    mixed.emplace_back(modified ? "visual.bn1.num_batches_tracked" : "bn1.num_batches_tracked", Tensor::zeros({}, DType::i64));
    if (!modified) mixed.emplace_back("fc.weight", Tensor::zeros({10, 128}));
    write_safetensors(folder.path + "/half" + file, mixed);
    const auto first = Clip::open(folder.path + "/half");
    first->save(folder.path + "/again", std::nullopt);
    const auto second = Clip::open(folder.path + "/again");
    CHECK(first->content_hash() == second->content_hash());
    const Tensor pixels = drawn_pixels(config, 2);
    CHECK(first->image_features(pixels).values() == second->image_features(pixels).values());
    const SafetensorsFile again(folder.path + "/again" + file);
    for (const TensorInfo& t : again.tensors()) {
      CAPTURE(t.name);
      CHECK(t.dtype == (t.name.find("bn") != std::string::npos ? "F32" : "F16"));
    }
  }
}

TEST_CASE("residual network: torchvision's preprocessing goes without saying") {
  const TemporaryFolder folder;
  drawn_clip(plain_config(), DType::f32)->save(folder.path);
  std::filesystem::remove(folder.path + "/config.json");   // torchvision writes none: 224 pixels
  const auto clip = Clip::open(folder.path);
  CHECK_FALSE(clip->has_text());
  CHECK(clip->preprocess().size == 224);
  CHECK(clip->preprocess().shortest == 256);
  CHECK(clip->preprocess().filter == Filter::bilinear);
  CHECK(clip->preprocess().mean[0] == 0.485f);
}
