// Views, strides, shape errors, the account of memory.
#include "tensor/tensor.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "tensor/ops.h"

using namespace ceir;

static Tensor counting(const Shape& shape) {
  Tensor t = Tensor::empty(shape, DType::f64);
  for (int64_t i = 0; i < t.numel(); i++) t.data<double>()[i] = static_cast<double>(i);
  return t;
}

static std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST_CASE("tensor: copying a handle shares the data, clone does not") {
  Tensor a = counting({2, 3}), b = a, c = a.clone();
  CHECK_FALSE(a.sole_owner());
  a.data<double>()[0] = 9;
  CHECK(b.values()[0] == 9);
  CHECK(c.values()[0] == 0);
  CHECK(c.sole_owner());
}

TEST_CASE("tensor: a transposed view has other strides, is not contiguous, and becomes so by a copy") {
  const Tensor a = counting({2, 3}), t = transpose(a, 0, 1);
  CHECK(t.shape() == Shape{3, 2});
  CHECK(t.stride(0) == 1);
  CHECK(t.stride(1) == 3);
  CHECK_FALSE(t.is_contiguous());
  CHECK(t.values() == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(t.contiguous().is_contiguous());
  CHECK(t.bytes_begin() == a.bytes_begin());
  CHECK(t.contiguous().bytes_begin() != a.bytes_begin());
}

TEST_CASE("tensor: extents of one and empty tensors are contiguous whatever their strides") {
  CHECK(counting({4, 1}).view({4, 1}, {1, 77}, 0).is_contiguous());
  CHECK(counting({4}).view({0, 3}, {5, 5}, 0).is_contiguous());
  CHECK_FALSE(counting({4}).view({2, 2}, {0, 1}, 0).is_contiguous());
}

TEST_CASE("tensor: rows and slices are views of the same memory") {
  const Tensor a = counting({4, 3});
  CHECK(a.rows(1, 3).values() == std::vector<double>{3, 4, 5, 6, 7, 8});
  CHECK(slice(a, 0, 1, 4, 2).values() == std::vector<double>{3, 4, 5, 9, 10, 11});
  CHECK(slice(a, -1, -2, 3).values() == std::vector<double>{1, 2, 4, 5, 7, 8, 10, 11});
  CHECK(slice(a, 0, 2, 2).numel() == 0);
}

TEST_CASE("tensor: reshape of a view that strides cannot express copies in C order") {
  CHECK(reshape(transpose(counting({2, 3}), 0, 1), {6}).values() == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(reshape(counting({2, 3, 4}), {-1, 4}).shape() == Shape{6, 4});
}

TEST_CASE("tensor: copying a permuted view gives its elements in C order, in every type") {
  for (const DType type : {DType::f32, DType::f64, DType::i64, DType::u8}) {
    const Tensor a = counting({3, 5, 4}).to(type), p = permute(a, {2, 0, 1});
    const auto got = p.contiguous().values();
    for (int64_t i = 0; i < 4; i++)
      for (int64_t j = 0; j < 3; j++)
        for (int64_t k = 0; k < 5; k++)
          CHECK(got[static_cast<size_t>((i * 3 + j) * 5 + k)] == static_cast<double>((j * 5 + k) * 4 + i));
  }
}

TEST_CASE("tensor: large permuted copies are exact too") {
  const Tensor a = counting({7, 33, 129}), p = transpose(a, 1, 2).contiguous();
  bool same = true;
  for (int64_t b = 0; b < 7; b++)
    for (int64_t i = 0; i < 129; i++)
      for (int64_t j = 0; j < 33; j++)
        same = same && p.data<double>()[(b * 129 + i) * 33 + j] == static_cast<double>((b * 33 + j) * 129 + i);
  CHECK(same);
}

TEST_CASE("tensor: fill writes through a view and leaves the rest") {
  Tensor a = counting({2, 3});
  Tensor column = slice(a, 1, 1, 2);
  column.fill(-1);
  CHECK(a.values() == std::vector<double>{0, -1, 2, 3, -1, 5});
}

TEST_CASE("tensor: an error of shapes names the operation and both shapes") {
  const std::string m = message_of([] { add(Tensor::zeros({2, 3}), Tensor::zeros({4, 3})); });
  CHECK(m.find("add") != std::string::npos);
  CHECK(m.find("(2, 3)") != std::string::npos);
  CHECK(m.find("(4, 3)") != std::string::npos);
  CHECK(message_of([] { Tensor::zeros({2, 3}).reshaped({5}); }).find("(2, 3)") != std::string::npos);
  CHECK(message_of([] { layernorm(Tensor::zeros({2, 3}), Tensor::zeros({4}), Tensor::zeros({3}), 1e-5); }).find("gain") != std::string::npos);
  CHECK_THROWS_AS(Tensor::zeros({2, 3}, DType::f64).data<float>(), Error);
  CHECK_THROWS_AS(add(Tensor::zeros({2}, DType::f64), Tensor::zeros({2}, DType::f32)), Error);
  CHECK_THROWS_AS(exp(Tensor::zeros({2}, DType::i64)), Error);
  CHECK_THROWS_AS(softmax(Tensor::zeros({})), Error);
  CHECK_THROWS_AS(slice(Tensor::zeros({3}), 0, 1, 5), Error);
  CHECK_THROWS_AS(permute(Tensor::zeros({3, 2}), {0, 0}), Error);
  CHECK_THROWS_AS(sum(Tensor::zeros({3, 2}), 2), Error);
  CHECK_THROWS_AS(reshape(Tensor::zeros({3, 2}), {-1, 4}), Error);
  CHECK_THROWS_AS(Tensor().data<float>(), Error);
}

TEST_CASE("tensor: shapes with negative or overflowing extents are refused") {
  CHECK_THROWS_AS((Shape{2, -1}), Error);
  CHECK_THROWS_AS((Shape{int64_t{1} << 40, int64_t{1} << 40}), Error);
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
}

TEST_CASE("tensor: operations on empty tensors give empty tensors, sums of nothing are 0") {
  const Tensor none = Tensor::zeros({0, 3}, DType::f64);
  CHECK(exp(none).shape() == Shape{0, 3});
  CHECK(softmax(none).shape() == Shape{0, 3});
  CHECK((none + Tensor::zeros({3}, DType::f64)).shape() == Shape{0, 3});
  CHECK(sum(none).item() == 0);
  CHECK(sum(none, 0).values() == std::vector<double>{0, 0, 0});
  CHECK(layernorm(none, Tensor::zeros({3}, DType::f64), Tensor::zeros({3}, DType::f64), 1e-5).numel() == 0);
}

TEST_CASE("memory: the account goes up and down with tensors, the peak stays, a limit refuses") {
  const int64_t before = memory_account().live_bytes;
  {
    const Tensor big = Tensor::empty({1 << 20}, DType::f32);
    CHECK(memory_account().live_bytes >= before + (4 << 20));
    CHECK(memory_account().peak_bytes >= before + (4 << 20));
  }
  CHECK(memory_account().live_bytes == before);
  CHECK(memory_account().peak_bytes >= before + (4 << 20));
  set_memory_limit(before + (1 << 20));
  CHECK_THROWS_AS(Tensor::empty({1 << 20}, DType::f32), Error);
  set_memory_limit(0);
  CHECK(Tensor::empty({1 << 20}, DType::f32).numel() == 1 << 20);
  CHECK(memory_account().live_bytes == before);
}
