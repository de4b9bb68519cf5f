// Sea, countryside, mountains, desert.
#include "data/scenes/things.h"

namespace ceir::scenes {
namespace {

constexpr Kind outdoor_table[] = {
    {"a", "sailboat", Zone::water, 19, 22, "any", true,
     "darkbrown r 48 2 52 80; main p 54 4 96 68 54 68; white p 46 12 8 68 46 68; brown p 6 74 96 74 82 98 20 98; cream r 8 74 94 79"},
    {"a", "rowing boat", Zone::water, 17, 8, "any", false,
     "main p 0 30 100 30 84 100 16 100; main- r 4 52 95 62; brown e 50 30 46 16; tan r 34 22 46 38; tan r 58 22 70 38; darkbrown l 20 10 2 96 5"},
    {"a", "lighthouse", Zone::far, 13, 34, "any", false,
     "stone r 0 92 100 100; white p 30 24 70 24 84 94 16 94; main p 27 36 73 36 76 50 24 50; main p 22 64 78 64 81 79 19 79; glow r 34 12 66 24; dark p 26 12 50 0 74 12; dark r 24 23 76 26; dark r 44 84 56 94"},
    {"a", "palm tree", Zone::ground, 20, 28, "", false,
     "brown p 46 30 54 30 62 100 50 100; fern p 50 26 20 4 0 26 16 18; fern p 50 26 80 2 100 22 84 16; fern- p 50 26 8 30 4 56 22 38; fern- p 50 26 92 28 98 54 80 38; fern+ p 50 26 40 0 58 0; brown e 46 30 6 5; brown e 55 31 6 5"},
    {"a", "parasol", Zone::ground, 20, 21, "any", true,
     "cream r 48 20 52 100; main p 0 42 14 16 36 3 50 0 64 3 86 16 100 42; main- p 0 42 100 42 88 48 76 42 62 48 50 42 38 48 24 42 12 48"},
    {"a", "deck chair", Zone::ground, 16, 12, "any", true,
     "tan l 10 100 92 20 7; tan l 90 100 30 50 7; main p 70 0 92 10 62 72 6 86 10 70 46 60; tan l 12 100 30 70 6"},
    {"a", "sandcastle", Zone::ground, 17, 12, "", false,
     "wetsand- r 8 56 92 100; wetsand r 4 34 28 100; wetsand r 72 34 96 100; wetsand+ r 36 18 64 100; wetsand r 4 24 12 36; wetsand r 20 24 28 36; wetsand r 72 24 80 36; wetsand r 88 24 96 36; wetsand- p 36 18 50 4 64 18; darkbrown e 50 84 9 18; white l 50 4 50 -14 3"},
    {"a", "barn", Zone::far, 27, 21, "any", false,
     "main r 6 40 94 100; main- p 0 42 18 14 50 0 82 14 100 42; cream l 4 42 20 16 3; cream l 96 42 80 16 3; cream l 20 16 50 2 3; cream l 80 16 50 2 3; dark r 34 58 66 100; cream l 34 58 66 100 3; cream l 66 58 34 100 3; cream r 42 22 58 36; dark r 44 24 56 34"},
    {"a", "cow", Zone::ground, 17, 11, "", false,
     "black r 14 70 21 100; white r 26 70 33 100; white r 62 70 69 100; black r 73 70 80 100; white e 46 48 38 27; black e 34 40 13 14; black e 62 52 14 15; white e 88 30 11 15; black p 78 14 86 24 80 28; black p 98 14 90 24 96 28; rose e 92 40 8 7; black l 8 40 4 76 4"},
    {"a", "tractor", Zone::ground, 19, 15, "any", false,
     "main r 44 38 92 68; dark r 76 14 81 40; glass r 16 10 44 44; main- r 12 4 48 12; main r 10 42 46 74; black e 28 74 22 26; silver e 28 74 10 12; black e 82 82 14 18; silver e 82 82 6 8"},
    {"a", "wooden fence", Zone::ground, 34, 8, "", false,
     "tan r 0 30 100 44; tan r 0 64 100 78; tan- r 4 6 9 100; tan- r 27 6 32 100; tan- r 50 6 55 100; tan- r 73 6 78 100; tan- r 92 6 97 100"},
    {"a", "haystack", Zone::ground, 14, 12, "", false,
     "straw p 0 100 6 52 26 18 50 4 74 18 94 52 100 100; straw- l 20 90 40 40 4; straw- l 60 92 62 30 4; straw+ l 40 80 52 22 4; straw- l 80 90 76 54 4"},
    {"a", "sheep", Zone::ground, 12, 10, "", false,
     "dark r 26 70 33 100; dark r 62 70 69 100; cream e 44 48 36 30; white e 28 40 18 20; white e 48 32 20 18; white e 64 44 18 20; black e 86 38 12 16; black e 78 28 7 5"},
    {"a", "windmill", Zone::far, 24, 32, "", false,
     "cream p 36 38 64 38 74 100 26 100; brown p 32 40 50 26 68 40; dark r 44 82 56 100; glass r 45 56 55 66; white l 50 40 12 2 9; white l 50 40 96 8 9; white l 50 40 88 80 9; white l 50 40 4 72 9; dark l 50 40 12 2 2; dark l 50 40 96 8 2; dark l 50 40 88 80 2; dark l 50 40 4 72 2; dark e 50 40 5 4"},
    {"a", "horse", Zone::ground, 18, 15, "", false,
     "brown- r 16 60 22 100; brown r 28 60 34 100; brown- r 58 60 64 100; brown r 68 60 74 100; brown e 44 50 32 18; brown p 60 48 76 12 90 18 76 56; brown p 76 8 100 26 96 34 76 26; darkbrown p 58 40 70 6 80 8 68 44; darkbrown l 14 44 4 78 7; brown p 78 0 84 10 78 12"},
    {"a", "tent", Zone::ground, 21, 14, "any", true,
     "main- p 30 0 96 4 100 100 62 100; main p 0 100 30 0 62 100; dark p 18 100 30 34 44 100; cream l 30 0 62 100 3; cream l 30 0 0 100 3"},
    {"a", "campfire", Zone::ground, 12, 12, "orange", false,
     "stone e 50 92 44 10; darkbrown l 14 96 84 82 11; darkbrown l 16 82 86 96 11; main p 20 84 24 46 36 58 50 0 62 52 76 38 82 84; glow p 34 86 40 58 50 30 62 60 66 86; white e 50 80 8 9"},
    {"a", "pine tree", Zone::ground, 15, 26, "", false,
     "darkbrown r 44 84 56 100; pine- p 50 34 96 88 4 88; pine p 50 18 88 64 12 64; pine+ p 50 0 78 40 22 40"},
    {"a", "mushroom", Zone::ground, 9, 10, "", false,
     "cream p 38 44 62 44 68 100 32 100; brown e 50 40 46 34; cream r 0 46 100 60; tan e 34 26 8 7; tan e 62 20 9 7; tan e 72 38 6 5"},
    {"a", "rock", Zone::ground, 14, 9, "", false,
     "stone- p 0 100 10 44 32 10 62 4 88 36 100 100; stone p 10 44 32 10 62 4 56 46 26 60; stone+ p 32 10 62 4 58 20"},
    {"a", "cable car", Zone::sky, 15, 14, "any", false,
     "dark l -300 -20 400 30 4; dark r 47 4 53 34; main r 12 34 88 94; main- r 12 82 88 100; glass r 20 42 46 68; glass r 54 42 80 68"},
    {"a", "wooden cabin", Zone::far, 23, 17, "", false,
     "brown r 8 44 92 100; darkbrown r 8 56 92 59; darkbrown r 8 70 92 73; darkbrown r 8 84 92 87; stone r 70 0 82 30; darkbrown p 0 48 26 6 74 6 100 48; dark r 24 62 42 100; glow r 56 58 78 76; darkbrown r 66 58 68 76"},
    {"a", "snowman", Zone::ground, 11, 17, "", false,
     "white e 50 76 40 24; white e 50 46 28 18; white e 50 23 20 13; black r 28 4 72 9; black r 34 -12 66 6; black e 43 20 4 3; black e 57 20 4 3; black e 50 42 4 3; black e 50 54 4 3; brown l 26 44 0 30 4; brown l 74 44 100 30 4"},
    {"a", "cactus", Zone::ground, 12, 20, "", false,
     "cactus r 40 6 60 100; cactus e 50 6 10 7; cactus r 8 34 24 60; cactus r 8 52 46 64; cactus e 16 34 8 5; cactus r 76 22 92 50; cactus r 56 42 92 54; cactus e 84 22 8 5; cactus+ r 46 8 50 100; cactus- r 55 10 58 100"},
    {"a", "camel", Zone::ground, 20, 17, "", false,
     "fawn- r 22 62 27 100; fawn r 31 62 36 100; fawn- r 60 62 65 100; fawn r 69 62 74 100; fawn e 48 54 32 16; fawn e 38 34 10 16; fawn e 58 34 10 16; fawn p 70 54 80 48 90 12 82 10 74 36; fawn e 90 14 10 7; fawn- l 16 48 10 74 4"},
    {"a", "pyramid", Zone::far, 34, 22, "", false,
     "straw p 0 100 44 0 58 100; straw- p 44 0 100 100 58 100; straw- l 14 68 50 68 2; straw- l 28 36 46 36 2"},
    {"a", "leafy tree", Zone::ground, 20, 25, "", false,
     "brown r 44 60 56 100; leaf- e 50 40 46 32; leaf e 34 36 28 22; leaf e 64 30 28 22; leaf+ e 48 18 28 17"},
    {"an", "apple tree", Zone::ground, 18, 21, "", false,
     "brown r 44 62 56 100; leaf- e 50 38 46 36; leaf e 50 32 40 28; apple e 28 34 6 6; apple e 48 20 6 6; apple e 70 32 6 6; apple e 40 50 6 6; apple e 62 54 6 6"},
    {"a", "duck", Zone::water, 11, 8, "", false,
     "white e 44 68 42 28; white p 2 56 0 34 30 60; white e 76 30 17 22; straw p 88 28 106 36 88 44; black e 79 24 4 5; silver e 40 64 22 13"},
};

}  // namespace

std::span<const Kind> outdoor_kinds() { return outdoor_table; }

}  // namespace ceir::scenes
