// The concept bottleneck's loss against central differences in double.
#include <doctest/doctest.h>

#include "tensor/gradcheck.h"
#include "tensor/ops.h"
#include "tests/models/drawn.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("concept bottleneck gradients: features and projection to 1e-5") {
  const Tensor teacher = drawn({40, 6}, 1, 0.03);  // cosines vary that little
  const auto loss = [&](const std::vector<Tensor>& v) { return cos_cubed_loss(linear(v[0], v[1], {}), teacher); };
  const GradCheck check = check_gradients(loss, {drawn({40, 9}, 2), drawn({6, 9}, 3, 0.3)});
  CAPTURE(check.worst);
  CHECK(check.error <= 1e-5);
}
