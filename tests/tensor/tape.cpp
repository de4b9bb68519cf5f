// The tape: what is recorded, what is kept, when it is freed.
#include "tensor/tape.h"

#include <doctest/doctest.h>

#include <cmath>

#include "kernels/base/random.h"
#include "tensor/ops.h"
#include "tensor/ops/accumulate.h"

using namespace ceir;

static Tensor leaf(double value) {
  Tensor t = Tensor::full({3}, value, DType::f64);
  t.track();
  return t;
}

TEST_CASE("tape: a tensor used in two places gets both contributions") {
  const Tensor x = leaf(3);
  Tape tape;
  tape.backward(sum(x * x + x));
  CHECK(tape.gradient(x).values() == std::vector<double>{7, 7, 7});
}

TEST_CASE("tape: constants are not recorded, and without a tape nothing is") {
  const Tensor x = leaf(1), c = Tensor::full({3}, 2, DType::f64);
  CHECK_FALSE(recording());
  CHECK_FALSE((x * c).tracked());
  Tape tape;
  CHECK(recording());
  CHECK_FALSE((c * c).tracked());
  CHECK(tape.size() == 0);
  const Tensor y = x * c;
  CHECK(y.tracked());
  CHECK(tape.operations() == std::vector<std::string>{"mul"});
  CHECK_FALSE(tape.gradient(c).defined());
}

TEST_CASE("tape: NoTape hides it for a while") {
  const Tensor x = leaf(1);
  Tape tape;
  {
    const NoTape none;
    CHECK_FALSE(recording());
    CHECK_FALSE((x * x).tracked());
  }
  CHECK(recording());
  CHECK((x * x).tracked());
  CHECK(tape.size() == 1);
}

TEST_CASE("tape: tapes nest, each sees only what was done while it was the inner one") {
  const Tensor x = leaf(2);
  Tape outer;
  const Tensor y = x * x;
  {
    Tape inner;
    inner.backward(sum(exp(x)));
    CHECK(inner.size() == 2);
    CHECK(inner.gradient(x).values()[0] == doctest::Approx(std::exp(2.0)));
  }
  outer.backward(sum(y));
  CHECK(outer.size() == 2);
  CHECK(outer.gradient(x).values() == std::vector<double>{4, 4, 4});
}

TEST_CASE("tape: what operations saved is freed by the backward pass, and with the tape") {
  Tensor x = Tensor::full({1000, 100}, 0.5, DType::f64);
  x.track();
  const int64_t before = memory_account().live_bytes, one = x.bytes();
  {
    Tape tape;
    Tensor y = x;
    for (int i = 0; i < 10; i++) y = exp(scale(y, 0.1));
    const Tensor loss = sum(y);
    y = Tensor();
    CHECK(memory_account().live_bytes >= before + 10 * one);
    tape.backward(loss);
    CHECK(memory_account().live_bytes <= before + 2 * one);  // the gradient of x, and small things
  }
  CHECK(memory_account().live_bytes <= before + one / 10);
  {
    Tape tape;
    const Tensor y = exp(x);
  }
  CHECK(memory_account().live_bytes <= before + one / 10);
}

TEST_CASE("tape: backward wants a scalar or a starting gradient, and a result that depends on a leaf") {
  const Tensor x = leaf(1);
  Tape tape;
  const Tensor y = x * x;
  CHECK_THROWS_AS(tape.backward(y), Error);
  CHECK_THROWS_AS(tape.backward(y, Tensor::zeros({2}, DType::f64)), Error);
  CHECK_THROWS_AS(tape.backward(Tensor::zeros({}, DType::f64)), Error);
  tape.backward(y, Tensor::full({3}, 10, DType::f64));
  CHECK(tape.gradient(x).values() == std::vector<double>{20, 20, 20});
}

TEST_CASE("tape: the starting gradient is not changed, even when it becomes a leaf's gradient") {
  const Tensor x = leaf(1), seed = Tensor::full({3}, 1, DType::f64);
  Tape tape;
  tape.backward(x + x, seed);
  CHECK(tape.gradient(x).values() == std::vector<double>{2, 2, 2});
  CHECK(seed.values() == std::vector<double>{1, 1, 1});
}

TEST_CASE("accumulated: in place for a sole owner, a new tensor when somebody else looks") {
  Tensor sum = Tensor::full({4}, 1, DType::f64);
  const std::byte* place = sum.bytes_begin();
  sum = accumulated(std::move(sum), Tensor::full({4}, 2, DType::f64));
  CHECK(sum.bytes_begin() == place);
  const Tensor other = sum;
  sum = accumulated(std::move(sum), other);
  CHECK(sum.values() == std::vector<double>{6, 6, 6, 6});
  CHECK(other.values() == std::vector<double>{3, 3, 3, 3});
}

TEST_CASE("tape: the code and the divergence of one node are, to the bit, those of the separate operations, and so are the gradients") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Random random(5, "test.latent");
    const auto drawn = [&] {
      Tensor t = Tensor::empty({37, 130}, DType::f64);  // more than one block of elements, and a tail
      for (double& v : t.span<double>()) v = random.normal();
      return t.to(dtype);
    };
    const Tensor target = drawn(), noise = drawn();
    Tensor mu = drawn(), logvar = drawn();
    mu.track(), logvar.track();
    const auto run = [&](bool fused) {
      Tape tape;
      LatentCode c;
      if (fused) c = latent_code(mu, logvar, noise);
      else c.z = reparameterise(mu, logvar, noise);
      const Tensor error = squared_error_sum(c.z, target);
      if (!fused) c.divergence = kl_gaussian(mu, logvar);
      tape.backward(add(error, scale(c.divergence, 0.3)));
      CHECK(tape.operations().front() == (fused ? "latent_code" : "reparameterise"));
      return std::vector<std::vector<double>>{c.z.values(), c.divergence.values(), tape.gradient(mu).values(), tape.gradient(logvar).values()};
    };
    const auto one = run(true), separate = run(false);
    for (size_t i = 0; i < one.size(); i++) CHECK(one[i] == separate[i]);
  }
}
