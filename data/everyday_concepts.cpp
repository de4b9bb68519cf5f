// Common things, places, materials and looks, written for this project: a start for photographs when no list is at hand.
#include "data/concept_set.h"

namespace ceir {

const std::vector<std::string>& everyday_concepts() {
  static const std::vector<std::string> list = {
      "person", "child", "baby", "crowd of people", "smiling face", "hand", "pair of shoes", "hat", "umbrella",
      "backpack", "suitcase", "bicycle", "motorcycle", "car", "truck", "bus", "train", "airplane", "helicopter",
      "boat", "ship", "sailboat", "bridge", "road", "railway tracks", "traffic light", "street sign", "street lamp",
      "fence", "wall", "window", "door", "staircase", "roof", "chimney", "tower", "skyscraper", "house", "barn",
      "church", "castle", "temple", "statue", "fountain", "bench", "table", "chair", "sofa", "bed", "bookshelf",
      "lamp", "clock", "mirror", "carpet", "curtain", "television", "computer", "keyboard", "telephone", "camera",
      "book", "newspaper", "pen", "bottle", "cup", "plate", "bowl", "knife and fork", "cooking pot", "oven",
      "refrigerator", "sink", "bathtub", "toothbrush", "towel", "candle", "flower vase", "toy", "teddy bear", "ball",
      "musical instrument", "guitar", "piano", "dog", "cat", "horse", "cow", "sheep", "pig", "goat", "deer",
      "elephant", "lion", "tiger", "bear", "monkey", "rabbit", "squirrel", "mouse", "bird", "duck", "chicken", "owl",
      "eagle", "penguin", "fish", "shark", "whale", "turtle", "snake", "lizard", "frog", "butterfly", "bee", "spider",
      "tree", "palm tree", "pine tree", "bush", "flower", "rose", "sunflower", "leaf", "mushroom", "cactus", "fruit",
      "apple", "banana", "orange fruit", "strawberry", "grapes", "vegetable", "carrot", "tomato", "bread", "cake",
      "pizza", "sandwich", "cheese", "egg", "soup", "salad", "ice cream", "coffee", "glass of wine", "tent", "flag",
      "balloon", "kite", "fireworks", "snowman", "sled", "skis", "surfboard", "skateboard", "tennis racket",
      "baseball bat", "soccer ball", "beach", "ocean", "lake", "river", "waterfall", "mountain", "hill", "valley",
      "desert", "forest", "jungle", "meadow", "grass field", "farm", "garden", "park", "playground", "city street",
      "village", "market", "shop", "restaurant", "kitchen", "bedroom", "bathroom", "living room", "office",
      "classroom", "library", "museum", "stadium", "swimming pool", "airport", "train station", "harbour",
      "parking lot", "construction site", "factory", "cave", "island", "cliff", "glacier", "sky", "clouds",
      "night sky", "stars", "moon", "sun", "sunset", "rainbow", "rain", "snow", "ice", "fog", "lightning", "fire",
      "smoke", "shadow", "reflection in water", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown",
      "black", "white", "grey", "gold", "silver", "bright colours", "pale colours", "dark picture",
      "black and white photograph", "striped pattern", "spotted pattern", "checked pattern", "smooth surface",
      "rough surface", "shiny metal", "wood", "stone", "brick", "glass", "plastic", "paper", "cloth", "leather",
      "fur", "feathers", "scales", "wool", "sand", "mud", "water", "round shape", "square shape", "long and thin",
      "tall", "tiny", "huge", "wings", "wheels", "horns", "tail", "beak", "fins", "four legs", "large eyes",
      "sharp teeth", "whiskers", "long neck", "hooves", "claws", "text and letters", "close-up", "seen from above",
      "seen from far away", "blurred background", "many small things", "indoors", "outdoors", "daytime", "night",
      "winter", "summer", "autumn leaves", "spring blossom", "old", "new", "broken", "clean", "dirty", "crowded",
      "empty", "playing", "running", "flying", "swimming", "sleeping", "eating", "sitting", "standing",
  };
  return list;
}

}  // namespace ceir
