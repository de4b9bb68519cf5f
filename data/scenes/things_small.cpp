// Rooms, gardens, animals, people, and what is in the sky.
#include "data/scenes/things.h"

namespace ceir::scenes {
namespace {

constexpr Kind small_table[] = {
    {"a", "sofa", Zone::ground, 31, 15, "any", true,
     "main- r 10 6 90 56; main r 10 46 90 82; main r 0 28 15 88; main r 85 28 100 88; main- r 48 48 51 80; darkbrown r 6 88 12 100; darkbrown r 88 88 94 100; cream p 18 48 22 24 38 26 36 50"},
    {"a", "floor lamp", Zone::ground, 11, 28, "any", false,
     "dark r 47 26 53 98; dark e 50 97 26 4; main p 26 0 74 0 96 28 4 28; glow r 8 26 92 30"},
    {"a", "television", Zone::ground, 20, 17, "", false,
     "brown r 4 76 96 94; darkbrown r 10 94 18 100; darkbrown r 82 94 90 100; black r 6 2 94 66; screen r 11 7 89 60; white p 20 48 40 20 50 36 60 26 80 52; black r 42 66 58 76"},
    {"a", "painting", Zone::wall, 16, 13, "", false,
     "straw- r 0 0 100 100; cream r 8 10 92 90; fern p 8 90 8 62 34 44 60 66 92 50 92 90; straw e 72 30 10 12; rockblue p 22 66 42 28 60 66"},
    {"a", "rug", Zone::ground, 34, 8, "any", true,
     "main e 50 60 50 40; main- e 50 60 38 27; main+ e 50 60 26 16"},
    {"a", "cat", Zone::ground, 11, 12, "", false,
     "ginger l 78 88 98 40 9; ginger e 50 76 28 25; ginger e 50 36 24 22; ginger p 28 30 28 0 46 18; ginger p 72 30 72 0 54 18; cream e 50 82 14 17; black e 42 34 4 5; black e 58 34 4 5; rose e 50 43 4 3"},
    {"a", "potted plant", Zone::ground, 12, 17, "any", true,
     "fern- p 50 66 18 40 2 52 30 62; fern p 50 66 30 8 16 2 36 50; fern+ p 50 66 50 0 62 2 58 50; fern p 50 66 84 14 96 20 62 54; fern- p 50 66 96 46 92 58 60 64; main p 22 66 78 66 70 100 30 100; main- r 18 64 82 72"},
    {"a", "fridge", Zone::ground, 14, 27, "", false,
     "silver r 4 0 96 98; steel r 4 36 96 39; steel r 12 14 18 30; steel r 12 46 18 70; white r 10 4 90 7; dark r 8 97 20 100; dark r 80 97 92 100"},
    {"a", "stove", Zone::ground, 17, 17, "", false,
     "white r 2 26 98 100; dark r 2 22 98 28; dark r 14 50 86 86; glowfire r 24 58 76 78; silver r 14 43 86 47; dark e 20 36 6 4; dark e 40 36 6 4; dark e 60 36 6 4; dark e 80 36 6 4; steel r 54 6 82 22; dark r 82 10 100 14"},
    {"a", "table", Zone::ground, 26, 13, "", false,
     "brown p 8 10 92 10 100 26 0 26; brown- r 0 26 100 34; brown- r 6 34 13 100; brown- r 87 34 94 100"},
    {"a", "chair", Zone::ground, 11, 17, "any", false,
     "main- r 12 0 24 100; main r 14 4 26 54; main r 12 52 84 62; main- r 74 62 84 100; main- r 30 62 38 90"},
    {"a", "bowl of fruit", Zone::ground, 13, 10, "", false,
     "apple e 30 38 18 26; straw e 56 28 20 26; lime e 74 42 16 22; cream p 0 50 100 50 76 100 24 100; cream- r 30 92 70 100"},
    {"", "flowers", Zone::ground, 18, 12, "any", false,
     "fern- p 4 100 10 50 16 100; fern- p 34 100 40 44 46 100; fern- p 60 100 66 50 72 100; fern- p 80 100 88 44 96 100; main e 10 36 10 17; main e 38 26 11 18; main e 66 38 10 17; main e 90 28 10 17; straw e 10 36 4 6; straw e 38 26 4 6; straw e 66 38 4 6; straw e 90 28 4 6"},
    {"a", "watering can", Zone::ground, 13, 11, "any", false,
     "dark o 66 40 30 36 9; main p 34 34 80 34 86 100 30 100; main l 34 78 8 26 10; main- p -2 24 16 14 20 24 2 34; main- r 34 32 80 40"},
    {"a", "butterfly", Zone::sky, 10, 9, "any", true,
     "main e 24 30 24 30; main e 76 30 24 30; main- e 30 74 18 24; main- e 70 74 18 24; black r 45 8 55 94; black l 48 12 36 -8 4; black l 52 12 64 -8 4"},
    {"a", "pumpkin", Zone::ground, 12, 10, "orange", false,
     "pine r 45 0 55 24; main- e 50 58 48 42; main e 28 58 24 38; main e 72 58 24 38; main e 50 58 22 40"},
    {"a", "ball", Zone::ground, 9, 9, "any", true,
     "main e 50 50 50 50; white e 34 30 12 12"},
    {"a", "kite", Zone::sky, 13, 19, "any", true,
     "cream l 50 56 30 150 3; main p 50 0 92 28 50 62 8 28; main- p 50 0 92 28 50 62; cream l 50 62 62 80 4; cream l 62 80 46 96 4; main- e 62 80 8 5; main- e 46 96 8 5"},
    {"a", "bird", Zone::sky, 11, 7, "", false,
     "white p 50 66 24 14 0 30 22 44; white p 50 66 76 14 100 30 78 44; silver p 50 66 24 14 0 30 26 32; silver p 50 66 76 14 100 30 74 32; white e 50 64 14 22; straw p 58 60 72 68 58 74"},
    {"a", "hot-air balloon", Zone::sky, 18, 25, "any", true,
     "main e 50 34 46 34; main p 10 50 90 50 62 78 38 78; main- e 50 34 20 34; dark l 38 78 42 88 2; dark l 62 78 58 88 2; brown r 38 87 62 100"},
    {"a", "person", Zone::ground, 8, 19, "any", true,
     "navy r 26 64 44 100; navy r 54 64 72 100; main r 20 30 80 68; main- r 6 32 20 60; main- r 80 32 94 60; skin e 13 63 8 4; skin e 87 63 8 4; skin e 50 17 22 14; darkbrown p 28 14 34 2 66 2 72 14 60 8 40 8"},
    {"a", "dog", Zone::ground, 14, 11, "", false,
     "darkbrown r 18 70 27 100; darkbrown r 58 70 67 100; brown e 44 58 34 19; brown e 80 36 17 18; darkbrown e 70 34 8 18; black e 96 38 6 6; brown l 12 50 0 20 8; black e 84 30 4 4"},
    {"a", "rainbow", Zone::sky, 56, 24, "", false,
     "bowred a 50 100 50 100 4; boworange a 50 100 46 92 4; bowyellow a 50 100 42 84 4; bowgreen a 50 100 38 76 4; bowblue a 50 100 34 68 4"},
};

}  // namespace

std::span<const Kind> small_kinds() { return small_table; }

}  // namespace ceir::scenes
