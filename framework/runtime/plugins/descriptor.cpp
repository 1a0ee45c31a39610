#include "runtime/plugins/descriptor.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include "tickweir/scalar.h"

namespace tickweir {

namespace {

constexpr std::uint32_t struct_bytes_max = 4096;
constexpr std::uint32_t entries_max = 1024;

// Copies a struct that starts with its size; what it lacks is zero. False: its size is nonsense.
template <typename T>
bool copy_sized(const void* from, T& into) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, from, sizeof bytes);
  if (bytes < 2 * sizeof bytes || bytes > struct_bytes_max || bytes % alignof(T) != 0) return false;
  std::memset(static_cast<void*>(&into), 0, sizeof into);
  std::memcpy(static_cast<void*>(&into), from, std::min<std::size_t>(bytes, sizeof into));
  into.size = sizeof into;
  return true;
}

template <typename T>
Result<void> copy_table(const T*& first, std::uint32_t count, const char* what, std::vector<T>& into) {
  if (count > entries_max) return Error{"says it has " + std::to_string(count) + " " + what};
  if (count != 0 && first == nullptr)
    return Error{"has " + std::to_string(count) + " " + what + " but no table of them"};
  into.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* const at = reinterpret_cast<const char*>(first) + std::size_t{i} * first->size;
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    if (bytes != first->size || !copy_sized(at, into[i])) {
      return Error{"has a table of " + std::string(what) + " whose entry " + std::to_string(i) +
                   " has a nonsense size"};
    }
  }
  first = into.data();
  return {};
}

template <typename T>
Result<void> copy_functions(const T*& found, const char* what, T& into) {
  if (found == nullptr) return {};
  if (!copy_sized(found, into)) return Error{"has a " + std::string(what) + " table of nonsense size"};
  found = &into;
  return {};
}

Result<void> copy(const tickweir_plugin& found, Descriptor& into) {
  if (!copy_sized(&found, into.plugin)) {
    return Error{"returned a descriptor of the nonsense size " + std::to_string(found.size)};
  }
  tickweir_plugin& plugin = into.plugin;
  Result<void> steps[] = {
      copy_table(plugin.options, plugin.option_count, "options", into.options),
      copy_table(plugin.outputs, plugin.output_count, "outputs", into.outputs),
      copy_table(plugin.counters, plugin.counter_count, "counters", into.counters),
      copy_table(plugin.reasons, plugin.reason_count, "drop reasons", into.reasons),
      copy_functions(plugin.source, "source", into.source),
      copy_functions(plugin.filter, "filter", into.filter),
      copy_functions(plugin.transform, "transform", into.transform),
      copy_functions(plugin.sink, "sink", into.sink),
      copy_functions(plugin.wal, "wal", into.wal),
      copy_functions(plugin.state, "state", into.state),
  };
  for (auto& step : steps) {
    if (!step) return std::move(step);
  }
  return {};
}

bool is_missing(const char* text) {
  return text == nullptr || *text == '\0';
}

bool has_all_functions(const tickweir_wal& wal) {
  return wal.open != nullptr && wal.append != nullptr && wal.sync != nullptr && wal.read != nullptr &&
         wal.truncate_before != nullptr && wal.describe != nullptr;
}

// Role and function tables belong together.
Result<void> check_role(const tickweir_plugin& plugin) {
  struct Role {
    std::uint32_t role;
    const char* name;
    bool has_table;
    bool has_work;
  };
  const Role roles[] = {{TICKWEIR_ROLE_SOURCE, "source", plugin.source != nullptr,
                         plugin.source != nullptr && plugin.source->poll != nullptr},
                        {TICKWEIR_ROLE_FILTER, "filter", plugin.filter != nullptr,
                         plugin.filter != nullptr && plugin.filter->apply != nullptr},
                        {TICKWEIR_ROLE_TRANSFORM, "transform", plugin.transform != nullptr,
                         plugin.transform != nullptr && plugin.transform->process != nullptr},
                        {TICKWEIR_ROLE_SINK, "sink", plugin.sink != nullptr,
                         plugin.sink != nullptr && plugin.sink->write != nullptr},
                        {TICKWEIR_ROLE_WAL, "wal", plugin.wal != nullptr,
                         plugin.wal != nullptr && has_all_functions(*plugin.wal)}};
  const auto own = std::ranges::find(roles, plugin.role, &Role::role);
  if (own == std::end(roles)) {
    return Error{"has role " + std::to_string(plugin.role) + ", which this version of tickweir does not run"};
  }
  if (!own->has_work)
    return Error{"says it is a " + std::string(own->name) + " but has no " + own->name + " functions"};
  for (const Role& role : roles) {
    if (role.has_table && role.role != plugin.role) {
      return Error{"says it is a " + std::string(own->name) + " but also has " + role.name + " functions"};
    }
  }
  if (plugin.create == nullptr || plugin.destroy == nullptr)
    return Error{"has no create or no destroy function"};
  const bool may_emit = plugin.role == TICKWEIR_ROLE_SOURCE || plugin.role == TICKWEIR_ROLE_TRANSFORM;
  if (!may_emit && plugin.output_count != 0)
    return Error{"is a " + std::string(own->name) + " and so declares no outputs"};
  if (plugin.role == TICKWEIR_ROLE_SOURCE && plugin.output_count == 0)
    return Error{"is a source without outputs"};
  if (plugin.role != TICKWEIR_ROLE_SOURCE && is_missing(plugin.accepts))
    return Error{"does not say which events it accepts"};
  if (plugin.role == TICKWEIR_ROLE_WAL && plugin.start != nullptr)
    return Error{"is a wal and so has open, not start"};
  if (plugin.state != nullptr && (plugin.state->save == nullptr) != (plugin.state->load == nullptr))
    return Error{"has only one of save and load"};
  return {};
}

Result<void> check_option(const tickweir_option& option) {
  tickweir_value value;
  if (option.type < TICKWEIR_OPTION_INTEGER || option.type > TICKWEIR_OPTION_TEXT_LIST) {
    return Error{"has the unknown type " + std::to_string(option.type)};
  }
  if (option.type == TICKWEIR_OPTION_CHOICE) {
    const auto names = split_names(option.choices == nullptr ? "" : option.choices);
    const std::set<std::string_view> unique(names.begin(), names.end());
    if (names.empty() || unique.size() != names.size() || unique.contains("")) {
      return Error{"has no sound choices"};
    }
  }
  if (option.minimum != nullptr || option.maximum != nullptr) {
    tickweir_option bare = option;
    bare.minimum = bare.maximum = nullptr;
    const bool ranged = option.type <= TICKWEIR_OPTION_SIZE && option.type != TICKWEIR_OPTION_BOOLEAN;
    for (const char* bound : {option.minimum, option.maximum}) {
      if (bound != nullptr && (!ranged || !parse_option(bare, bound, value))) {
        return Error{"has the bound \"" + std::string(bound) + "\", which is not one"};
      }
    }
    if (option.minimum != nullptr && option.maximum != nullptr &&
        !parse_option(option, option.minimum, value)) {
      return Error{"has a minimum above its maximum"};
    }
  }
  const bool parsed_later = option.type == TICKWEIR_OPTION_TEXT_LIST;
  if (option.default_text != nullptr && !parsed_later && !parse_option(option, option.default_text, value)) {
    return Error{"has the default \"" + std::string(option.default_text) + "\", expected " +
                 expected_text(option)};
  }
  return {};
}
Result<void> check_output(const tickweir_output& output) {
  if (is_missing(output.events)) return Error{"does not say which events it carries"};
  return {};
}
Result<void> check_counter(const tickweir_counter& counter) {
  if (counter.kind < TICKWEIR_COUNTER || counter.kind > TICKWEIR_HISTOGRAM)
    return Error{"has an unknown kind"};
  if (counter.label != nullptr && !is_snake_case(counter.label))
    return Error{"has a label that is not snake_case"};
  // The stage's own label is on every series, the others are Prometheus' own.
  for (const std::string_view reserved : {"component_id", "le", "quantile"}) {
    if (counter.label != nullptr && counter.label == reserved)
      return Error{"has the label " + std::string(reserved) + ", which is taken; give it another name"};
  }
  return {};
}
Result<void> check_reason(const tickweir_reason&) {
  return {};
}

// Names are snake_case and unique, each entry has a help text and passes its own check.
template <typename T, typename Check>
Result<void> check_table(const std::vector<T>& table, const std::string& what, Check&& check) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!is_snake_case(table[i].name))
      return Error{what + " " + std::to_string(i) + " has no snake_case name"};
    const std::string place = what + " " + table[i].name;
    if (!names.insert(table[i].name).second) return Error{place + " is there twice"};
    if (is_missing(table[i].help)) return Error{place + " has no help text"};
    if (auto checked = check(table[i]); !checked) return Error{place + " " + checked.error().message};
  }
  return {};
}

Result<void> check(const Descriptor& descriptor, const std::string& name) {
  const tickweir_plugin& plugin = descriptor.plugin;
  if (!is_snake_case(plugin.name)) return Error{"has no snake_case name"};
  if (plugin.name != name) {
    return Error{"calls itself " + std::string(plugin.name) + " in its descriptor, but " + name +
                 " in its note"};
  }
  if (is_missing(plugin.version) || is_missing(plugin.summary)) return Error{"has no version or no summary"};
  Result<void> steps[] = {
      check_role(plugin),
      check_table(descriptor.options, "option", check_option),
      check_table(descriptor.outputs, "output", check_output),
      check_table(descriptor.counters, "counter", check_counter),
      check_table(descriptor.reasons, "drop reason", check_reason),
  };
  for (auto& step : steps) {
    if (!step) return std::move(step);
  }
  return {};
}

}  // namespace

bool is_snake_case(const char* text) {
  if (text == nullptr || *text < 'a' || *text > 'z') return false;
  const std::string_view rest = text;
  return rest.size() <= 64 && std::ranges::all_of(rest, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

Result<std::unique_ptr<Descriptor>> read_descriptor(const tickweir_plugin* found, const std::string& name) {
  if (found == nullptr) return Error{"returned no descriptor from " TICKWEIR_ENTRY_SYMBOL};
  auto descriptor = std::make_unique<Descriptor>();
  if (auto copied = copy(*found, *descriptor); !copied) return std::move(copied.error());
  if (auto checked = check(*descriptor, name); !checked) return std::move(checked.error());
  return descriptor;
}

}  // namespace tickweir
