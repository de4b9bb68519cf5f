// Sky, light and haze by time of day and weather.
#include "data/scenes/light.h"

namespace ceir::scenes {
namespace {

struct Sky {
  Rgb top, bottom;
};
constexpr Sky by_time[] = {{{70, 148, 228}, {186, 220, 244}}, {{150, 140, 200}, {250, 206, 196}}, {{92, 82, 150}, {252, 160, 84}}, {{18, 26, 66}, {56, 70, 124}}};
constexpr Sky by_weather[] = {{{0, 0, 0}, {0, 0, 0}}, {{150, 178, 206}, {208, 218, 226}}, {{104, 116, 132}, {158, 166, 174}},
                              {{172, 182, 196}, {216, 220, 226}}, {{198, 202, 206}, {216, 218, 220}}, {{50, 54, 72}, {112, 114, 124}}};
constexpr int weather_share[] = {0, 110, 190, 190, 210, 210};
constexpr int sky_light[] = {256, 244, 232, 110};            // how bright overcast skies are at that time
constexpr int lights[][3] = {{258, 256, 250}, {248, 228, 240}, {262, 214, 172}, {150, 160, 212}};
constexpr int weather_light[] = {262, 250, 232, 248, 244, 216};
constexpr int weather_fog[] = {24, 40, 96, 110, 226, 70};

}  // namespace

void set_light(Composition& c, Random& random) {
  const auto t = static_cast<size_t>(c.time), w = static_cast<size_t>(c.weather);
  const int share = weather_share[w];
  c.sky_top = mix(by_time[t].top, brighter(by_weather[w].top, sky_light[t]), share);
  c.sky_bottom = mix(by_time[t].bottom, brighter(by_weather[w].bottom, sky_light[t]), share);
  c.haze = c.sky_bottom;
  c.fog = weather_fog[w];
  const int exposure = 226 + static_cast<int>(random.below(56));
  for (int k = 0; k < 3; k++) {
    int light = lights[t][k] * weather_light[w] / 256;
    if (c.room) light = (light + 2 * 230) / 3 - (c.time == Time::night ? 24 : 0);
    const int tint = 244 + static_cast<int>(random.below(25));
    c.light[k] = light * exposure / 256 * tint / 256;
  }
  const int tint = 240 + static_cast<int>(random.below(33));
  c.sky_top = brighter(c.sky_top, tint);
  c.sky_bottom = brighter(c.sky_bottom, tint);
}

Rgb lit(const Composition& c, Rgb colour, int distance) {
  const auto one = [&](int v, int k) { return static_cast<uint8_t>(std::min(255, v * c.light[k] >> 8)); };
  const Rgb bright{one(colour.r, 0), one(colour.g, 1), one(colour.b, 2)};
  return c.room ? bright : mix(bright, c.haze, c.fog * distance >> 8);
}

}  // namespace ceir::scenes
