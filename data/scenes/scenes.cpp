#include "data/scenes/scenes.h"

#include "data/scenes/composition.h"
#include "kernels/base/error.h"
#include "tensor/io/json.h"

namespace ceir::scenes {

Scene draw(uint64_t seed, uint64_t index) {
  const Composition c = compose(seed, index);
  Canvas canvas;
  paint(c, canvas);
  Scene scene;
  scene.image = canvas.picture(c.texture, 3);
  scene.label = c.label;
  scene.attributes = visible_attributes(c, canvas);
  scene.caption = caption(c, canvas, scene.attributes, seed, index);
  return scene;
}

std::vector<std::string> draw_captioned(uint64_t seed, uint64_t index, int captions, Image& image) {
  const Composition c = compose(seed, index);
  Canvas canvas;
  paint(c, canvas);
  image = canvas.picture(c.texture, 3);
  const std::vector<int64_t> seen = visible_attributes(c, canvas);
  std::vector<std::string> list;
  for (int k = 0; k < captions; k++) list.push_back(caption(c, canvas, seen, seed, index, k));
  return list;
}

std::string truth_line(const std::string& path, const Scene& scene) {
  Json names = Json::array();
  for (const int64_t a : scene.attributes) names.push(attributes()[static_cast<size_t>(a)]);
  Json line = Json::object();
  line.set("path", path);
  line.set("class", class_names()[static_cast<size_t>(scene.label)]);
  line.set("attributes", std::move(names));
  line.set("caption", scene.caption);
  return line.dump();
}

World::World(int64_t train, int64_t test, uint64_t seed) : train_(train), test_(test), seed_(seed) {
  if (train < 0 || test < 0 || train > limit || test > limit || train + test == 0)
    usage_error("scenes: cannot draw {} training and {} test pictures; ask for 1 to {}", train, test, limit);
}

std::string World::path(int64_t i) const { return fmt::format("scenes:{}:{}#{}", size(), seed_, i); }
Split World::split(int64_t i) const { return test_ == 0 || train_ == 0 ? Split::none : i < train_ ? Split::train : Split::test; }
int64_t World::label(int64_t i) const { return label_of(seed_, static_cast<uint64_t>(i)); }
const std::vector<std::string>& World::classes() const { return class_names(); }
Image World::load(int64_t i, const DecodeOptions&) const { return draw(seed_, static_cast<uint64_t>(i)).image; }
std::string World::content_key() const { return fmt::format("scenes version {} seed {} train {} test {}", version, seed_, train_, test_); }
const std::vector<std::string>& World::attribute_names() const { return scenes::attributes(); }
std::vector<int64_t> World::attributes(int64_t i) const { return scene(i).attributes; }
Scene World::scene(int64_t i) const { return draw(seed_, static_cast<uint64_t>(i)); }

std::unique_ptr<ImageSet> image_set(int64_t train, int64_t test, uint64_t seed) { return std::make_unique<World>(train, test, seed); }

}  // namespace ceir::scenes
