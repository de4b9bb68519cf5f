// Streets, stations, airports, fairgrounds, castles, building sites.
#include "data/scenes/things.h"

namespace ceir::scenes {
namespace {

constexpr Kind town_table[] = {
    {"a", "crane", Zone::far, 30, 36, "any", false,
     "main r 30 10 37 100; main- l 30 90 37 74 2; main- l 30 74 37 58 2; main- l 30 58 37 42 2; main- l 30 42 37 26 2; main r 2 10 98 15; dark r 2 10 14 24; main l 33 0 92 11 2; main l 33 0 6 11 2; dark r 84 15 86 44; dark r 80 44 90 50; glass r 37 16 46 24"},
    {"a", "skyscraper", Zone::far, 17, 38, "", false,
     "slate r 8 6 92 100; dark r 44 -6 50 8; window r 16 12 30 18; window r 42 12 56 18; window r 68 12 82 18; window r 16 26 30 32; window r 42 26 56 32; window r 68 26 82 32; window r 16 40 30 46; window r 42 40 56 46; window r 68 40 82 46; window r 16 54 30 60; window r 42 54 56 60; window r 68 54 82 60; window r 16 68 30 74; window r 42 68 56 74; window r 68 68 82 74; window r 16 82 30 88; window r 42 82 56 88; window r 68 82 82 88"},
    {"a", "house", Zone::far, 20, 18, "any", false,
     "cream r 8 44 92 100; main p 0 48 22 8 78 8 100 48; dark r 40 64 58 100; window r 16 58 32 76; window r 66 58 82 76; stone r 68 -4 80 26"},
    {"a", "car", Zone::road, 19, 9, "any", false,
     "main p 0 84 2 50 20 44 34 8 72 8 86 44 98 52 100 84; glass p 26 44 38 16 52 16 52 44; glass p 56 44 56 16 70 16 80 44; black e 22 82 11 20; black e 78 82 11 20; silver e 22 82 5 9; silver e 78 82 5 9; glow r 95 54 100 64"},
    {"a", "bus", Zone::road, 27, 14, "any", false,
     "main r 0 6 100 86; main- r 0 62 100 70; glass r 5 16 21 48; glass r 25 16 41 48; glass r 45 16 61 48; glass r 65 16 78 48; glass r 83 16 98 54; black e 22 88 9 15; black e 78 88 9 15; silver e 22 88 4 6; silver e 78 88 4 6"},
    {"a", "bicycle", Zone::ground, 16, 11, "any", false,
     "black o 20 70 20 30 7; black o 80 70 20 30 7; main l 20 70 46 70 7; main l 46 70 66 24 7; main l 20 70 38 28 7; main l 38 28 66 28 7; main l 80 70 64 14 7; black r 28 18 46 25; black l 58 12 74 10 7"},
    {"a", "street lamp", Zone::ground, 8, 27, "", false,
     "dark r 46 14 56 100; dark r 34 94 68 100; dark p 20 14 80 14 70 8 30 8; glow e 50 19 24 8; dark r 44 2 56 10"},
    {"a", "traffic light", Zone::ground, 8, 24, "", false,
     "dark r 44 36 56 100; black r 20 0 80 40; lampred e 50 8 20 5; lampamber e 50 20 20 5; lampgreen e 50 32 20 5"},
    {"a", "train", Zone::rails, 44, 14, "any", false,
     "main p 0 84 0 10 82 10 94 30 100 84; main- r 0 60 98 70; cream r 0 10 82 18; glass r 6 26 18 48; glass r 23 26 35 48; glass r 40 26 52 48; glass r 57 26 69 48; glass p 76 26 88 26 94 48 76 48; black e 12 90 6 12; black e 30 90 6 12; black e 66 90 6 12; black e 86 90 6 12"},
    {"a", "clock", Zone::ground, 9, 22, "", false,
     "dark r 45 40 55 100; dark r 30 94 70 100; dark e 50 20 46 20; white e 50 20 37 16; black l 50 20 50 8 6; black l 50 20 68 24 6"},
    {"a", "bench", Zone::ground, 17, 9, "", false,
     "brown r 0 8 100 20; brown r 0 26 100 38; brown- r 0 50 100 62; dark r 8 8 14 100; dark r 86 8 92 100; dark r 8 62 30 68"},
    {"a", "suitcase", Zone::ground, 10, 10, "any", true,
     "dark r 34 4 40 26; dark r 60 4 66 26; dark r 34 4 66 10; main r 4 22 96 92; main- r 4 22 12 92; main- r 88 22 96 92; dark e 20 95 6 5; dark e 80 95 6 5"},
    {"a", "fountain", Zone::ground, 21, 17, "", false,
     "stone p 0 74 100 74 90 100 10 100; water e 50 74 48 9; stone r 44 36 56 76; stone p 24 36 76 36 64 48 36 48; spray l 50 36 50 4 7; spray l 50 8 28 16 5; spray l 28 16 16 66 5; spray l 50 8 72 16 5; spray l 72 16 84 66 5"},
    {"an", "aeroplane", Zone::far, 40, 15, "any", false,
     "white p 2 60 10 46 84 46 98 58 96 70 86 78 12 78; main p 84 48 96 2 100 2 97 54; main r 8 66 94 72; silver p 36 66 62 66 88 94 76 96; glass p 6 58 12 50 19 50 18 58; glass r 26 52 31 60; glass r 36 52 41 60; glass r 46 52 51 60; glass r 56 52 61 60; glass r 66 52 71 60; dark e 46 84 7 9; black e 22 94 4 8; black e 66 94 4 8"},
    {"a", "control tower", Zone::far, 13, 33, "", false,
     "cream p 36 30 64 30 70 100 30 100; glass p 8 12 92 12 80 28 20 28; dark p 4 6 96 6 92 12 8 12; silver r 22 28 78 33; dark r 48 -8 52 6; dark r 42 88 58 100"},
    {"a", "ferris wheel", Zone::far, 34, 36, "any", false,
     "silver l 50 46 26 100 4; silver l 50 46 74 100 4; silver o 50 44 45 43 5; silver l 50 2 50 86 2; silver l 8 44 92 44 2; silver l 20 14 80 74 2; silver l 80 14 20 74 2; main e 50 4 8 6; main e 50 84 8 6; main e 8 44 8 6; main e 92 44 8 6; main e 20 15 8 6; main e 80 15 8 6; main e 20 73 8 6; main e 80 73 8 6; dark e 50 44 5 5"},
    {"a", "balloon", Zone::sky, 9, 16, "any", true,
     "cream l 50 50 56 100 5; main e 50 28 44 27; main- p 42 52 58 52 50 60; white e 34 18 9 6"},
    {"a", "circus tent", Zone::far, 31, 24, "any", false,
     "main r 8 52 92 100; white r 20 52 32 100; white r 44 52 56 100; white r 68 52 80 100; main p 0 54 50 12 100 54; white p 14 54 50 12 30 54; white p 42 54 50 12 58 54; white p 70 54 50 12 86 54; dark p 43 100 50 68 57 100; dark r 49 0 51 14; main p 51 0 64 5 51 9"},
    {"", "bunting", Zone::top, 64, 8, "any", false,
     "cream l 0 4 50 34 2; cream l 50 34 100 4 2; main p 4 8 14 13 9 60; white p 17 15 27 21 22 68; main p 30 22 40 28 36 76; white p 43 30 54 32 49 82; main p 57 30 68 24 63 76; white p 71 22 81 16 77 66; main p 84 13 95 7 90 58"},
    {"an", "ice cream cart", Zone::ground, 17, 19, "any", true,
     "cream r 12 12 16 60; main p 0 26 10 4 90 4 100 26; white r 10 50 92 84; main- r 10 50 92 56; cream r 84 12 88 52; tan p 40 62 60 62 50 80; rose e 50 60 12 6; black e 28 88 12 12; black e 74 88 12 12; silver e 28 88 5 5; silver e 74 88 5 5"},
    {"a", "castle", Zone::far, 36, 29, "any", false,
     "stone r 14 46 86 100; stone- r 14 38 22 48; stone- r 30 38 38 48; stone- r 62 38 70 48; stone- r 78 38 86 48; stone+ r 2 30 22 100; stone+ r 78 30 98 100; stone r 38 24 62 100; main p 0 32 12 4 24 32; main p 76 32 88 4 100 32; main p 34 26 50 -6 66 26; darkbrown r 42 70 58 100; darkbrown e 50 70 8 9; window r 9 44 15 54; window r 85 44 91 54; window r 46 36 54 46"},
    {"a", "flag", Zone::ground, 12, 24, "any", true,
     "silver r 8 0 14 100; main p 14 3 56 8 100 2 96 40 56 45 14 40; straw e 11 1 6 3"},
    {"a", "knight", Zone::ground, 11, 18, "any", false,
     "silver r 30 62 44 100; silver- r 54 62 68 100; silver r 26 30 72 66; silver e 50 17 19 15; dark r 36 14 68 19; main p 46 4 60 -12 74 0 60 6; silver- l 90 -4 84 72 6; main p 4 34 40 34 40 58 22 76 4 58; white r 19 36 25 66"},
    {"an", "excavator", Zone::ground, 24, 17, "any", false,
     "black r 10 82 62 100; black e 12 90 9 10; black e 60 90 9 10; main r 8 46 50 82; glass r 30 22 52 52; main r 28 16 54 24; main l 48 52 70 10 9; main l 68 10 90 52 8; dark p 82 48 100 52 96 76 80 70; dark r 10 40 20 48"},
    {"a", "traffic cone", Zone::ground, 8, 9, "orange", false,
     "main- r 0 88 100 100; main p 40 0 60 0 84 90 16 90; white p 33 30 67 30 72 48 28 48; white p 24 64 76 64 80 76 20 76"},
    {"a", "pile of bricks", Zone::ground, 15, 10, "", false,
     "brick r 0 68 100 100; brick r 12 36 88 68; brick r 28 6 72 36; mortar r 0 66 100 70; mortar r 12 34 88 38; mortar r 24 70 27 100; mortar r 48 70 51 100; mortar r 72 70 75 100; mortar r 36 38 39 66; mortar r 60 38 63 66; mortar r 48 8 51 34"},
    {"", "scaffolding", Zone::far, 24, 28, "", false,
     "mortar r 14 20 86 100; dark r 24 34 40 50; dark r 60 34 76 50; dark r 24 66 40 82; dark r 60 66 76 82; steel r 4 4 8 100; steel r 48 4 52 100; steel r 92 4 96 100; steel r 0 28 100 31; tan r 0 31 100 35; steel r 0 56 100 59; tan r 0 59 100 63; steel r 0 6 100 9; steel l 6 100 50 62 2; steel l 94 60 50 32 2"},
    {"a", "wheelbarrow", Zone::ground, 16, 11, "any", false,
     "brown l 100 34 20 70 6; dark l 66 60 76 98 6; main p 12 20 84 26 66 66 30 66; main- r 12 18 84 28; black e 18 82 14 18; silver e 18 82 6 8"},
};

}  // namespace

std::span<const Kind> town_kinds() { return town_table; }

}  // namespace ceir::scenes
