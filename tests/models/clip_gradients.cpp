// The whole of CLIP against central differences in double: both towers and the contrastive loss.
#include <doctest/doctest.h>

#include "tensor/gradcheck.h"
#include "tensor/ops/losses.h"
#include "tests/models/tiny_clip.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("clip: the gradient of the contrastive loss by every parameter, and by the pixels") {
  const ClipConfig config = tiny_config();
  const auto clip = Clip::create(config, 11, DType::f64);
  const Parameters parameters = clip->parameters();
  const auto texts = drawn_texts(config, 3);
  std::vector<Tensor> inputs{drawn_pixels(config, 3, DType::f64)};
  Random random(2, "test.biases");
  for (const auto& [name, tensor] : parameters) {
    Tensor value = tensor->clone();
    if (value.rank() == 1)   // biases and gains off their special values 0 and 1
      for (double& v : value.span<double>()) v += 0.1 * random.normal();
    inputs.push_back(value);
  }
  const Function loss = [&](const std::vector<Tensor>& v) {
    for (size_t i = 0; i < parameters.size(); i++) *parameters[i].second = v[i + 1];
    return clip_contrastive(clip->image_features(v[0]), clip->text_features(texts), clip->logit_scale());
  };
  const GradCheck check = check_gradients(loss, inputs, 1e-4, 12);
  INFO(check.worst);
  CHECK(check.error <= 1e-5);
}
