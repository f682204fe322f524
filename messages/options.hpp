#pragma once

#include <memory>

namespace telltale {

// What belongs to one actor's folder, or to the configuration, is known here by
// its name alone.
namespace config {
struct reaper_config;
struct retention_config;
} // namespace config
struct task_rules;
class redaction_engine;
class access_rules;
using redaction_engine_ptr = std::shared_ptr<const redaction_engine>;
using access_rules_ptr = std::shared_ptr<const access_rules>;
using task_rules_ptr = std::shared_ptr<const task_rules>;
using reaper_options_ptr = std::shared_ptr<const config::reaper_config>;
using retention_options_ptr = std::shared_ptr<const config::retention_config>;

/// The options of an actor as they are from now on. From the system: right
/// after the actor's start, and whenever a reload has changed the
/// configuration; an actor that was restarted after a crash gets the newest one
/// before anything else.
template <class T> struct options_changed {
  T options;

  bool operator==(const options_changed&) const = default;
};

} // namespace telltale
