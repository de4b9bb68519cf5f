// Names of what the world can show, and where each stands in the list of attributes.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "data/scenes/scenes.h"

namespace ceir::scenes {

enum class Time : uint8_t { daylight, dawn, sunset, night };
enum class Weather : uint8_t { clear, clouds, rain, snowfall, fog, thunderstorm };

// Index into attributes(); throws Error(internal) for a name that is not there.
int attribute(std::string_view name);
int attribute(Time time);
int attribute(Weather weather);
int attribute_of_kind(int kind);

constexpr int accents = 6;  // red, orange, yellow, blue, purple, pink
std::string_view accent_name(int accent);
int attribute_of_accent(int accent);  // "something red"

bool is_global(int attribute);  // time, weather, stars, seen from close by: visible wherever it is so

}  // namespace ceir::scenes
