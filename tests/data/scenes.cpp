// The procedural world: same bytes everywhere, truth that can be checked, captions that tell nothing else.
#include "data/scenes/scenes.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "data/scenes/composition.h"
#include "kernels/base/error.h"
#include "kernels/base/threads.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/sha256.h"

using namespace ceir;
using namespace ceir::scenes;

namespace {

std::string hash_of(const Image& image) { return Sha256().update(image.pixels.data(), image.pixels.size()).hex(); }

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

}  // namespace

TEST_CASE("scenes: the pictures of version 1 have the bytes they had when it was made") {
  // Frozen on purpose: not to say what is right, but to notice a compiler, an optimisation level or a machine that draws
  // other bytes from the same seed, and a change of the world that forgot to raise World::version.
  Sha256 all;
  for (uint64_t i = 0; i < 64; i++) {
    const Scene s = draw(1000, i);
    all.update(s.image.pixels.data(), s.image.pixels.size()).update(s.caption);
    for (const int64_t a : s.attributes) all.update(attributes()[static_cast<size_t>(a)]);
  }
  CHECK(World::version == 1);
  CHECK(all.hex() == "07426a6fa5db5776f0d911ab51d58f1d0dd454d6da6ef05d463fc0f60a9de802");
}

TEST_CASE("scenes: a picture is the same alone, in any order and from any thread") {
  std::vector<std::string> serial(96), threaded(96);
  for (size_t i = serial.size(); i-- > 0;) serial[i] = hash_of(draw(7, i).image);
  const int before = thread_count();
  set_thread_count(4);
  parallel_for(96, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) threaded[static_cast<size_t>(i)] = hash_of(draw(7, static_cast<uint64_t>(i)).image);
  });
  set_thread_count(before);
  CHECK(serial == threaded);
  CHECK(std::set<std::string>(serial.begin(), serial.end()).size() == serial.size());
  CHECK(hash_of(draw(8, 0).image) != serial[0]);
}

TEST_CASE("scenes: what is visible agrees with counting pixels element by element") {
  // Independent of the id-buffer: every element is drawn alone on an empty canvas (ids of a sample: which element, or 0),
  // and the one drawn last wins the sample.
  for (uint64_t index = 0; index < 48; index++) {
    const Composition c = compose(3, index);
    std::vector<int> owner(samples * samples, 0), own(c.elements.size() + 1, 0), left(c.elements.size() + 1, 0), main_left(left);
    std::vector<char> owner_main(samples * samples, 0);
    for (size_t e = 0; e < c.elements.size(); e++) {
      Canvas alone;
      paint_element(c, e, alone);
      for (int y = 0; y < samples; y++)
        for (int x = 0; x < samples; x++) {
          const int id = alone.id_at(x, y);
          if (id == 0) continue;
          REQUIRE(id / 2 == static_cast<int>(e) + 1);
          own[e + 1]++;
          owner[static_cast<size_t>(y * samples + x)] = static_cast<int>(e) + 1;
          owner_main[static_cast<size_t>(y * samples + x)] = static_cast<char>(id & 1);
        }
    }
    for (size_t k = 0; k < owner.size(); k++) left[static_cast<size_t>(owner[k])]++, main_left[static_cast<size_t>(owner[k])] += owner_main[k];
    std::set<int64_t> expected;
    int people = 0;
    for (size_t e = 0; e < c.elements.size(); e++) {
      const Element& element = c.elements[e];
      // a quarter of its own pixels, and 6 pixels of 2 x 2 samples
      const bool seen = left[e + 1] * 4 >= own[e + 1] && left[e + 1] >= 6 * 4;
      if (!seen || element.attribute < 0) continue;
      expected.insert(element.attribute);
      if (element.kind >= 0 && element.accent >= 0 && main_left[e + 1] >= 12 * 4) expected.insert(attribute_of_accent(element.accent));
      people += element.kind >= 0 && kinds()[static_cast<size_t>(element.kind)].name == "person";
    }
    const Scene scene = draw(3, index);
    const std::set<int64_t> found(scene.attributes.begin(), scene.attributes.end());
    CHECK(std::is_sorted(scene.attributes.begin(), scene.attributes.end()));
    CHECK(found.size() == scene.attributes.size());
    const int first_thing = attribute_of_kind(0);
    for (size_t a = 0; a < attributes().size(); a++) {
      const int id = static_cast<int>(a);
      const bool element_like = id >= first_thing || (id >= attribute("sun") && id < attribute("stripes") && id != attribute("autumn leaves"));
      if (element_like) CHECK_MESSAGE(found.count(id) == expected.count(id), "picture ", index, ": ", attributes()[a]);
    }
    CHECK(found.count(attribute("two people")) == (people == 2 ? 1u : 0u));
    CHECK(found.count(attribute("a crowd of people")) == (people >= 4 ? 1u : 0u));
    CHECK(found.count(attribute(c.time)) == 1);
    CHECK(found.count(attribute(c.weather)) == 1);
  }
}

TEST_CASE("scenes: the limits of visibility are a quarter and six pixels") {
  CHECK(visible(24, 24));
  CHECK_FALSE(visible(23, 23));
  CHECK(visible(100, 400));
  CHECK_FALSE(visible(99, 400));
}

TEST_CASE("scenes: captions name what is visible, now and then a thing that is not there, never the class") {
  std::set<std::string> noise(distractors().begin(), distractors().begin() + static_cast<std::ptrdiff_t>(distractors().size() / 2));
  int single = 0, noisy = 0;
  const int n = 3000;
  for (uint64_t i = 0; i < n; i++) {
    const Scene s = draw(5, i);
    REQUIRE(!s.caption.empty());
    const std::string text = " " + lower(s.caption) + " ";
    for (const std::string& name : class_names()) {
      CHECK(text.find(" " + name + " ") == std::string::npos);
      CHECK(text.find(" " + name + ",") == std::string::npos);
    }
    // Longest names first: "apple tree" is no "tree", "hot-air balloon" no "balloon".
    std::string rest = text;
    std::vector<std::string> names = attributes();
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    const std::set<int64_t> seen(s.attributes.begin(), s.attributes.end());
    for (const std::string& name : names)
      for (size_t at; (at = rest.find(" " + name)) != std::string::npos;) {
        const char after = at + 1 + name.size() < rest.size() ? rest[at + 1 + name.size()] : ' ';
        if (after != ' ' && after != ',') break;
        rest.replace(at + 1, name.size(), "*");
        CHECK_MESSAGE(seen.count(attribute(name)) == 1, i, ": ", s.caption, " names ", name);
      }
    bool hallucinated = false;
    for (const std::string& d : distractors())
      if (text.find(" " + d) != std::string::npos) {
        hallucinated = true;
        CHECK_MESSAGE(noise.count(d) == 1, s.caption);
      }
    noisy += hallucinated;
    single += text.find(',') == std::string::npos && text.find(" and ") == std::string::npos;
  }
  CHECK(noisy > n * 3 / 100);
  CHECK(noisy < n * 7 / 100);
  CHECK(single > n * 13 / 100);
}

TEST_CASE("scenes: every attribute occurs, classes are balanced, weather and time do not know the class") {
  const size_t classes = class_names().size();
  std::vector<int> by_class(classes, 0), by_attribute(attributes().size(), 0);
  std::map<std::pair<int64_t, int64_t>, int> joint;
  const int n = 4800;
  for (uint64_t i = 0; i < n; i++) {
    const Composition c = compose(11, i);
    CHECK(c.label == label_of(11, i));
    by_class[static_cast<size_t>(c.label)]++;
    joint[{c.label, attribute(c.weather)}]++;
    joint[{c.label, attribute(c.time)}]++;
    if (i < 1600)
      for (const int64_t a : draw(11, i).attributes) by_attribute[static_cast<size_t>(a)]++;
  }
  for (const int count : by_class) CHECK(count == n / static_cast<int>(classes));
  for (size_t a = 0; a < by_attribute.size(); a++) CHECK_MESSAGE(by_attribute[a] >= 8, attributes()[a]);
  for (size_t c = 0; c < classes; c++) {
    CHECK(joint[{c, attribute(Weather::clear)}] > 300 * 22 / 100);   // 32 % and 46 % expected of 300, with 3 deviations
    CHECK(joint[{c, attribute(Weather::clear)}] < 300 * 42 / 100);
    CHECK(joint[{c, attribute(Time::daylight)}] > 300 * 36 / 100);
    CHECK(joint[{c, attribute(Time::daylight)}] < 300 * 56 / 100);
  }
}

TEST_CASE("scenes: the vocabulary is as promised") {
  CHECK(class_names().size() >= 12);
  CHECK(attributes().size() >= 60);
  CHECK(distractors().size() >= 60);
  CHECK(distractors().size() % 2 == 0);
  const std::vector<std::string> list = concept_list();
  CHECK(std::is_sorted(list.begin(), list.end()));
  CHECK(std::set<std::string>(list.begin(), list.end()).size() == attributes().size() + distractors().size());
  for (const std::string& a : attributes())
    for (const std::string& c : class_names()) CHECK((" " + a + " ").find(" " + c + " ") == std::string::npos);
}

TEST_CASE("scenes: a world is an image set with a split, labels and truth") {
  const auto set = image_set(30, 10, 42);
  CHECK(set->size() == 40);
  CHECK(set->path(17) == "scenes:40:42#17");
  CHECK(set->split(29) == Split::train);
  CHECK(set->split(30) == Split::test);
  CHECK(set->classes() == class_names());
  const Scene s = draw(42, 17);
  CHECK(set->load(17, {}).pixels == s.image.pixels);
  CHECK(set->label(17) == s.label);
  CHECK(set->attributes(17) == s.attributes);
  CHECK(set->attribute_names() == attributes());
  CHECK_THROWS_AS(image_set(0, 0, 1), Error);
  CHECK_THROWS_AS(image_set(-1, 5, 1), Error);
}

TEST_CASE("scenes: several captions of one picture differ, the first is the scene's") {
  Image image;
  const auto list = draw_captioned(9, 4, 4, image);
  const Scene s = draw(9, 4);
  REQUIRE(list.size() == 4);
  CHECK(list[0] == s.caption);
  CHECK(image.pixels == s.image.pixels);
  CHECK(std::set<std::string>(list.begin(), list.end()).size() > 1);
}

TEST_CASE("scenes: an exported world holds pictures, truth and lists, and is never half there") {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / fmt::format("ceir_scenes_{}", getpid());
  fs::remove_all(root);
  const fs::path folder = root / "world";
  export_world(folder.string(), 12, 4, 6);
  CHECK_FALSE(fs::exists(folder.string() + ".partial"));
  const auto lines = read_lines((folder / "truth.jsonl").string());
  REQUIRE(lines.size() == 16);
  for (size_t i = 0; i < lines.size(); i++) {
    const Json row = Json::parse(lines[i], "truth.jsonl");
    const Scene s = draw(6, i);
    const std::string path = row.at("path", "row").as_string("path");
    CHECK(path.starts_with(i < 12 ? "train/" : "test/"));
    CHECK(load_image((folder / path).string()).pixels == s.image.pixels);
    CHECK(row.at("class", "row").as_string("class") == class_names()[static_cast<size_t>(s.label)]);
    CHECK(row.at("caption", "row").as_string("caption") == s.caption);
    CHECK(row.at("attributes", "row").as_array("attributes").size() == s.attributes.size());
  }
  CHECK(read_lines((folder / "concepts.txt").string()) == concept_list());
  CHECK(read_lines((folder / "attributes.txt").string()) == attributes());
  CHECK_THROWS_AS(export_world(folder.string(), 1, 1, 6), Error);   // exists already
  fs::remove_all(root);
}

TEST_CASE("scenes: raw pixels do not give the classes away") {
  // Nearest class mean on 8 x 8 thumbnails, fitted with labels: an easier task than k-means without them, and still
  // far from solved; k-means on pixels must stay below 45 %.
  const int train = 1600, test = 800, side = 8, step = picture_size / side, width = side * side * 3;
  std::vector<std::vector<double>> mean(class_names().size(), std::vector<double>(static_cast<size_t>(width), 0));
  const auto thumbnail = [&](uint64_t i, int64_t& label) {
    const Scene s = draw(2, i);
    label = s.label;
    std::vector<double> t(static_cast<size_t>(width), 0);
    for (int y = 0; y < picture_size; y++)
      for (int x = 0; x < picture_size; x++)
        for (int k = 0; k < 3; k++) t[static_cast<size_t>(((y / step) * side + x / step) * 3 + k)] += s.image.row(y)[3 * x + k] / double(step * step);
    return t;
  };
  int64_t label = 0;
  for (uint64_t i = 0; i < train; i++) {
    const auto t = thumbnail(i, label);
    for (size_t k = 0; k < t.size(); k++) mean[static_cast<size_t>(label)][k] += t[k] * static_cast<double>(class_names().size()) / train;
  }
  int hits = 0;
  for (uint64_t i = train; i < train + test; i++) {
    const auto t = thumbnail(i, label);
    size_t best = 0;
    double best_distance = 1e300;
    for (size_t c = 0; c < mean.size(); c++) {
      double d = 0;
      for (size_t k = 0; k < t.size(); k++) d += (t[k] - mean[c][k]) * (t[k] - mean[c][k]);
      if (d < best_distance) best_distance = d, best = c;
    }
    hits += static_cast<int64_t>(best) == label;
  }
  CHECK(hits < test * 55 / 100);
  CHECK(hits > test * 10 / 100);   // but they are not noise either
}
