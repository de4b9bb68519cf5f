#include <doctest/doctest.h>

#include <functional>

#include "data/image_set.h"
#include "data/loader.h"
#include "kernels/base/error.h"
#include "kernels/base/threads.h"
#include "tests/data/temp_folder.h"

using namespace ceir;
using test::TempFolder;

namespace {

std::string png(int value, int width = 4, int height = 4) {
  Image image;
  image.width = width, image.height = height;
  image.pixels.assign(static_cast<size_t>(3 * width * height), static_cast<uint8_t>(value));
  return encode_png(image);
}

std::string error_of(const std::function<void()>& f, ErrorKind kind = ErrorKind::bad_input) {
  try {
    f();
  } catch (const Error& e) {
    CHECK(e.kind() == kind);
    return e.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Record r of `label_bytes` labels and 3 planes; pixel (x, y) of plane c is r + c + 5 x + 7 y.
std::string records(int n, int side, std::vector<int> labels, bool by_columns) {
  std::string out;
  for (int r = 0; r < n; r++) {
    for (int l : labels) out.push_back(static_cast<char>(l));
    for (int c = 0; c < 3; c++)
      for (int a = 0; a < side; a++)
        for (int b = 0; b < side; b++) out.push_back(static_cast<char>(r + c + (by_columns ? 5 * a + 7 * b : 7 * a + 5 * b)));
  }
  return out;
}

void check_record(const ImageSet& set, int64_t i, int record) {
  const Image image = set.load(i, {});
  for (int y : {0, 3, image.height - 1})
    for (int x : {0, 2, image.width - 1})
      for (int c = 0; c < 3; c++) CHECK(image.row(y)[3 * x + c] == static_cast<uint8_t>(record + c + 5 * x + 7 * y));
}

}  // namespace

TEST_CASE("a folder: byte order, any case of extension, hidden files and other files left out") {
  TempFolder t;
  for (const char* name : {"b.png", "a/z.PNG", "B.jpg", "a.png", ".hidden.png", ".git/x.png", "notes.txt", "\xC3\xA9.png", "png"}) t.write(name, png(1));
  std::filesystem::create_directory_symlink("..", t / "a/loop");
  const auto set = open_images(t.str());
  std::vector<std::string> names;
  for (int64_t i = 0; i < set->size(); i++) names.push_back(set->path(i).substr(t.str().size() + 1));
  CHECK(names == std::vector<std::string>{"B.jpg", "a.png", "a/z.PNG", "b.png", "\xC3\xA9.png"});
  CHECK(set->classes().empty());
  CHECK(set->label(0) == -1);
  CHECK(set->split(0) == Split::none);
  CHECK(open_images(t.str() + "/")->path(1) == t / "a.png");
  CHECK(contains(error_of([&] { open_images(t.str(), {.split = "test"}); }, ErrorKind::usage), "has no training and test part"));
}

TEST_CASE("a folder without pictures, and paths that lead nowhere, are refused by name") {
  TempFolder t;
  t.write("notes.txt", "hello");
  CHECK(contains(error_of([&] { open_images(t.str()); }), "no pictures"));
  CHECK(contains(error_of([&] { open_images(t / "nothing"); }), "nothing: cannot be read (No such file"));
  CHECK(contains(error_of([&] { open_images("scenes:7"); }, ErrorKind::usage), "multiple of 4"));
  CHECK(contains(error_of([&] { open_images("scenes:8:x"); }, ErrorKind::usage), "whole numbers"));
  CHECK(contains(error_of([&] { open_images(t.str(), {.kind = "imagenet"}); }, ErrorKind::usage), "--dataset imagenet"));
}

TEST_CASE("an ImageFolder: sub-folders are classes, unless a picture lies beside them") {
  TempFolder t;
  t.write("dog/1.png", png(1)), t.write("cat/deep/2.png", png(2)), t.write("cat/1.png", png(3));
  const auto set = open_images(t.str());
  CHECK(set->classes() == std::vector<std::string>{"cat", "dog"});
  REQUIRE(set->size() == 3);
  CHECK(set->label(0) == 0);
  CHECK(set->label(2) == 1);
  t.write("cover.png", png(4));
  CHECK(open_images(t.str())->classes().empty());
}

TEST_CASE("train and test folders are one set with a split and the union of their classes") {
  TempFolder t;
  t.write("train/dog/1.png", png(1)), t.write("train/cat/1.png", png(2)), t.write("test/emu/1.png", png(3)), t.write("truth.jsonl", "");
  const auto set = open_images(t.str());
  CHECK(set->classes() == std::vector<std::string>{"cat", "dog", "emu"});
  REQUIRE(set->size() == 3);
  CHECK(set->split(1) == Split::train);
  CHECK(set->split(2) == Split::test);
  CHECK(set->label(2) == 2);
  const auto only = open_images(t.str(), {.split = "test"});
  REQUIRE(only->size() == 1);
  CHECK(only->path(0) == t / "test/emu/1.png");
  CHECK(only->label(0) == 2);
  CHECK(only->content_key() != set->content_key());
  TempFolder v;
  v.write("train/a/1.png", png(1)), v.write("val/a/1.png", png(2));
  CHECK(open_images(v.str())->split(1) == Split::test);
}

TEST_CASE("the content key follows the content, not the place") {
  TempFolder a;
  a.write("1.png", png(1)), a.write("2.png", png(2));
  const std::string before = open_images(a.str())->content_key();
  CHECK(open_images(a.str() + "/")->content_key() == before);
  const std::string moved = a.str() + "_moved";
  std::filesystem::rename(a.str(), moved);
  CHECK(open_images(moved)->content_key() == before);
  std::filesystem::rename(moved, a.str());
  a.write("2.png", png(3, 5));
  CHECK(open_images(a.str())->content_key() != before);
}

TEST_CASE("CIFAR-10 binaries: planes of rows, names, labels, splits") {
  TempFolder t;
  for (int b = 1; b <= 5; b++) t.write("data_batch_" + std::to_string(b) + ".bin", records(3, 32, {b}, false));
  t.write("test_batch.bin", records(2, 32, {9}, false));
  const auto set = open_images(t.str());
  CHECK(set->name() == "cifar10");
  REQUIRE(set->size() == 17);
  CHECK(set->path(4) == "data_batch_2.bin#1");
  CHECK(set->path(16) == "test_batch.bin#1");
  CHECK(set->classes()[0] == "airplane");
  CHECK(set->label(4) == 2);
  CHECK(set->split(14) == Split::train);
  CHECK(set->split(15) == Split::test);
  check_record(*set, 4, 1);
  CHECK(open_images(t.str(), {.split = "test"})->size() == 2);
  const std::string key = set->content_key();

  t.write("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  CHECK(open_images(t.str())->classes()[9] == "j");
  CHECK(open_images(t.str())->content_key() != key);
  t.write("batches.meta.txt", "a\nb\n");
  CHECK(contains(error_of([&] { open_images(t.str()); }), "2 class names, expected 10"));
  std::filesystem::remove(t / "batches.meta.txt");

  std::string cut = records(3, 32, {1}, false);
  cut.pop_back();
  t.write("data_batch_3.bin", cut);
  CHECK(contains(error_of([&] { open_images(t.str()); }), "data_batch_3.bin: 9218 bytes are not a whole number of records of 3073 bytes (record 2 is cut short)"));
  t.write("data_batch_3.bin", records(2, 32, {1}, false) + records(1, 32, {10}, false));
  CHECK(contains(error_of([&] { open_images(t.str()); }), "data_batch_3.bin: record 2 has label 10"));
  std::filesystem::rename(t / "data_batch_3.bin", t / "data_batch_3.bin.xz");
  CHECK(contains(error_of([&] { open_images(t.str()); }), "xz -dk"));
  std::filesystem::rename(t / "data_batch_3.bin.xz", t / "data_batch_3");
  CHECK(contains(error_of([&] { open_images(t.str()); }), "cifar-10-binary.tar.gz"));
}

TEST_CASE("CIFAR-100 binaries: fine and coarse labels") {
  TempFolder t;
  t.write("train.bin", records(2, 32, {3, 77}, false)), t.write("test.bin", records(1, 32, {19, 99}, false));
  std::string fine, coarse;
  for (int i = 0; i < 100; i++) fine += "f" + std::to_string(i) + "\n";
  for (int i = 0; i < 20; i++) coarse += "c" + std::to_string(i) + "\n";
  t.write("fine_label_names.txt", fine), t.write("coarse_label_names.txt", coarse);
  const auto f = open_images(t.str()), c = open_images(t.str(), {.labels = "coarse"});
  CHECK(f->label(0) == 77);
  CHECK(c->label(0) == 3);
  CHECK(f->classes().size() == 100);
  CHECK(c->classes()[19] == "c19");
  check_record(*f, 1, 1);
  CHECK(f->content_key() != c->content_key());
  t.write("test.bin", records(1, 32, {20, 99}, false));
  CHECK(contains(error_of([&] { open_images(t.str()); }), "coarse label 20"));
}

TEST_CASE("STL-10 binaries: planes of columns, labels from 1") {
  TempFolder t;
  t.write("train_X.bin", records(2, 96, {}, true)), t.write("test_X.bin", records(1, 96, {}, true));
  t.write("train_y.bin", "\x01\x0A"), t.write("test_y.bin", "\x05"), t.write("unlabeled_X.bin", "ignored");
  const auto set = open_images(t.str());
  REQUIRE(set->size() == 3);
  CHECK(set->label(0) == 0);
  CHECK(set->label(1) == 9);
  CHECK(set->path(2) == "test_X.bin#0");
  check_record(*set, 1, 1);
  t.write("train_y.bin", "\x01\x0B");
  CHECK(contains(error_of([&] { open_images(t.str()); }), "train_y.bin: record 1 has label 11, expected 1 to 10"));
  t.write("train_y.bin", "\x01");
  CHECK(contains(error_of([&] { open_images(t.str()); }), "1 labels for the 2 pictures"));
}

TEST_CASE("scenes:N splits three to one and names its rows") {
  const auto set = open_images("scenes:8:7");
  REQUIRE(set->size() == 8);
  CHECK(set->split(5) == Split::train);
  CHECK(set->split(6) == Split::test);
  CHECK(set->path(5) == "scenes:8:7#5");
  CHECK(open_images("scenes:8", {.split = "train"})->size() == 6);
}

TEST_CASE("a batch: bad pictures are named and shift nobody's row; threads and ranges change no bit") {
  TempFolder t;
  for (int i = 0; i < 9; i++) t.write("p" + std::to_string(i) + ".png", i % 4 == 1 ? std::string("GIF89a") : png(20 * i, 30 + i, 40));
  const auto set = open_images(t.str());
  const Preprocess p = Preprocess::of_style(PreprocessStyle::hf, 16);
  const LoadedBatch all = load_batch(*set, 0, 9, p);
  CHECK(all.rows == std::vector<int64_t>{0, 2, 3, 4, 6, 7, 8});
  REQUIRE(all.skipped.size() == 2);
  CHECK(all.skipped[1].first == 5);
  CHECK(contains(all.skipped[1].second, "p5.png: this is a GIF"));
  CHECK(all.pixels.shape() == Shape{7, 3, 16, 16});
  const auto values = all.pixels.values();
  for (size_t r = 0; r < 7; r++) CHECK(values[r * 768] == doctest::Approx((20 * double(all.rows[r]) / 255 - p.mean[0]) / p.std[0]).epsilon(1e-5));
  const int before = thread_count();
  set_thread_count(2);
  const LoadedBatch tail = load_batch(*set, 4, 9, p);
  set_thread_count(before);
  const auto tail_values = tail.pixels.values();
  REQUIRE(tail.rows == std::vector<int64_t>{4, 6, 7, 8});
  CHECK(std::equal(tail_values.begin(), tail_values.end(), values.begin() + 3 * 768));
  const LoadedBatch bytes = load_bytes(*set, 8, 9, p);
  CHECK(bytes.pixels.shape() == Shape{1, 16, 16, 3});
  CHECK(bytes.pixels.data<uint8_t>()[100] == 160);
  const LoadedBatch none = load_batch(*set, 1, 2, p);
  CHECK(none.rows.empty());
  CHECK(none.pixels.dim(0) == 0);
}
