#include "data/scenes/recipes.h"

namespace ceir::scenes {

std::span<const Recipe> recipes() {
  static const std::vector<Recipe> list = {
      {.name = "harbour",
       .grounds = {{"stone paving", 70}, {"sand", 15}, {"grass", 15}},
       .strips = {{"sea", 100}},
       .backdrops = {{"hills", 30}, {"city skyline", 25}, {"mountains", 15}},
       .things = {{"sailboat", 85, 3}, {"rowing boat", 75, 2}, {"lighthouse", 75}, {"crane", 65}, {"bird", 60, 5}, {"flag", 35}, {"rock", 40, 2}}},
      {.name = "seaside",
       .grounds = {{"sand", 100}},
       .strips = {{"sea", 100}},
       .backdrops = {{"hills", 30}, {"sand dunes", 20}},
       .things = {{"parasol", 85, 2}, {"deck chair", 75, 2}, {"palm tree", 70, 2}, {"sandcastle", 65}, {"ball", 50}, {"sailboat", 50}, {"kite", 35}, {"ice cream cart", 30}}},
      {.name = "farm",
       .grounds = {{"grass", 65}, {"bare earth", 35}},
       .backdrops = {{"hills", 50}, {"distant forest", 25}},
       .things = {{"barn", 80}, {"cow", 75, 4}, {"tractor", 75}, {"haystack", 70, 2}, {"wooden fence", 60}, {"windmill", 45}, {"sheep", 45, 3}, {"horse", 30}, {"pumpkin", 20, 2}}},
      {.name = "campsite",
       .grounds = {{"grass", 50}, {"bare earth", 50}},
       .strips = {{"pond", 40}},
       .backdrops = {{"distant forest", 55}, {"mountains", 30}},
       .things = {{"tent", 90, 2}, {"campfire", 80}, {"pine tree", 85, 3}, {"mushroom", 65, 2}, {"wooden cabin", 40}, {"rowing boat", 60}, {"rock", 50, 2}, {"bicycle", 25}}},
      {.name = "downtown",
       .grounds = {{"stone paving", 100}},
       .strips = {{"road", 100}},
       .backdrops = {{"city skyline", 60}, {"hills", 10}},
       .things = {{"skyscraper", 85, 2}, {"car", 85, 2}, {"bus", 60}, {"traffic light", 75}, {"street lamp", 65, 2}, {"bicycle", 50}, {"traffic cone", 20}, {"bench", 20}}},
      {.name = "station",
       .grounds = {{"stone paving", 75}, {"bare earth", 25}},
       .strips = {{"railway tracks", 100}},
       .backdrops = {{"city skyline", 25}, {"hills", 30}, {"distant forest", 15}},
       .things = {{"train", 85}, {"clock", 80}, {"suitcase", 75, 3}, {"bench", 70}, {"street lamp", 50}, {"house", 35}, {"bird", 25, 3}}},
      {.name = "park",
       .grounds = {{"grass", 100}},
       .strips = {{"pond", 75}},
       .backdrops = {{"distant forest", 30}, {"city skyline", 30}},
       .things = {{"duck", 85, 2}, {"bench", 70}, {"fountain", 70}, {"leafy tree", 80, 3}, {"kite", 60}, {"bicycle", 40}, {"dog", 40}, {"flowers", 40}, {"ball", 25}}},
      {.name = "ski-resort",
       .grounds = {{"snow on the ground", 100}},
       .backdrops = {{"mountains", 85}, {"distant forest", 10}},
       .things = {{"cable car", 80, 2}, {"snowman", 80}, {"pine tree", 80, 3}, {"wooden cabin", 75}, {"flag", 35, 2}, {"rock", 25}, {"dog", 25}}},
      {.name = "desert",
       .grounds = {{"sand", 90}, {"bare earth", 10}},
       .backdrops = {{"sand dunes", 75}, {"mountains", 15}},
       .things = {{"cactus", 85, 3}, {"camel", 80, 2}, {"pyramid", 75}, {"rock", 65, 2}, {"palm tree", 40}, {"tent", 40}, {"campfire", 25}}},
      {.name = "living-room",
       .room = true,
       .grounds = {{"wooden floor", 80}, {"tiled floor", 20}},
       .things = {{"sofa", 90}, {"television", 75}, {"rug", 75}, {"floor lamp", 75}, {"painting", 65, 2}, {"potted plant", 60}, {"cat", 45}, {"chair", 20}}},
      {.name = "kitchen",
       .room = true,
       .grounds = {{"tiled floor", 80}, {"wooden floor", 20}},
       .things = {{"fridge", 85}, {"stove", 80}, {"table", 80}, {"chair", 70, 2}, {"bowl of fruit", 75}, {"potted plant", 35}, {"cat", 30}, {"painting", 25}}},
      {.name = "airport",
       .grounds = {{"grass", 65}, {"stone paving", 35}},
       .strips = {{"runway", 100}},
       .backdrops = {{"hills", 30}, {"city skyline", 30}, {"mountains", 15}},
       .things = {{"aeroplane", 90}, {"control tower", 85}, {"bus", 65}, {"suitcase", 60, 2}, {"flag", 55}, {"traffic cone", 40, 2}, {"car", 30}}},
      {.name = "fairground",
       .grounds = {{"grass", 40}, {"bare earth", 30}, {"stone paving", 30}},
       .backdrops = {{"hills", 25}, {"city skyline", 20}, {"distant forest", 20}},
       .things = {{"ferris wheel", 85}, {"balloon", 85, 4}, {"circus tent", 80}, {"bunting", 70}, {"ice cream cart", 70}, {"horse", 25}, {"flag", 25}}},
      {.name = "garden",
       .grounds = {{"grass", 60}, {"bare earth", 40}},
       .backdrops = {{"distant forest", 30}, {"hills", 25}},
       .things = {{"flowers", 90, 3}, {"apple tree", 80}, {"watering can", 75}, {"butterfly", 70, 2}, {"wheelbarrow", 60}, {"wooden fence", 60}, {"pumpkin", 50, 2}, {"deck chair", 30}, {"cat", 30}, {"parasol", 20}}},
      {.name = "fortress",
       .grounds = {{"grass", 70}, {"stone paving", 30}},
       .backdrops = {{"hills", 40}, {"mountains", 35}, {"distant forest", 15}},
       .things = {{"castle", 95}, {"knight", 85, 2}, {"horse", 75}, {"flag", 75, 2}, {"leafy tree", 35}, {"fountain", 25}, {"bird", 30, 4}, {"tent", 30}}},
      {.name = "building-site",
       .grounds = {{"bare earth", 75}, {"stone paving", 25}},
       .backdrops = {{"city skyline", 50}, {"hills", 15}},
       .things = {{"crane", 80}, {"excavator", 85}, {"traffic cone", 80, 3}, {"pile of bricks", 80, 2}, {"scaffolding", 75}, {"wheelbarrow", 60}, {"house", 20}, {"skyscraper", 20}}},
  };
  return list;
}

std::span<const Chance> outdoor_clutter() {
  static const std::vector<Chance> list = {{"bird", 14, 5}, {"house", 12, 2}, {"leafy tree", 14, 3}, {"pine tree", 6, 3}, {"dog", 9}, {"hot-air balloon", 9, 2},
                                           {"rock", 7, 2}, {"flowers", 6}, {"ball", 5}, {"bicycle", 4}, {"flag", 4}, {"balloon", 3, 4}, {"butterfly", 3}, {"kite", 3}, {"cat", 4}};
  return list;
}

std::span<const Chance> room_clutter() {
  static const std::vector<Chance> list = {{"ball", 10}, {"dog", 14}, {"balloon", 8, 4}, {"suitcase", 6}, {"bunting", 5}, {"flowers", 8}, {"cat", 6}};
  return list;
}

}  // namespace ceir::scenes
