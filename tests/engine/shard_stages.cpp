#include "shard_stages.h"

#include <array>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>

#include "test_stages.h"
#include "tickweir/stage.h"

namespace tickweir::test {
namespace {

constexpr std::array options{Option{.type = integer, .name = "parameter", .default_text = "0"}};
constexpr std::array outputs{Output{.name = "a", .events = "*"}, Output{.name = "b", .events = "*"}};
constexpr std::size_t key_count = 7;

struct Wide {
  static constexpr std::uint16_t event_type = 301;
  std::array<std::uint64_t, 5> values{};
};

// Kept back until the next of its key.
struct Kept {
  std::uint64_t origin = 0;
  std::uint64_t value = 0;
};

class Keyed : public Transform {
 public:
  static constexpr const char* shard_key = "key";
  explicit Keyed(const Context& context)
      : parameter_(context.options.integer("parameter")),
        shard_(context.shard()),
        shard_count_(context.shard_count()) {}

  void process(const BatchView& batch, Emitter& out) {
    batch.for_each([&](const Event& event) {
      if (event.type != Number::event_type) return;
      const auto& number = payload<Number>(event);
      if (number.value % 16 == 3) answer(batch, event, out);
      if (is_mine(number.value % key_count)) take(batch, event, number, out);
    });
  }
  void drain(Emitter& out) {
    for (std::size_t key = 0; key < key_count; ++key) {
      if (!is_mine(key)) continue;
      if (shard_count_ != 0) out.set_place(key);
      out.emit(0, 0, 1, Number{.value = seen_[key], .path = key});
      if (kept_[key].origin != 0) out.emit(0, 0, kept_[key].origin, Number{.value = kept_[key].value});
      kept_[key] = {};
    }
    if (shard_count_ != 0) out.set_place(0);
    out.emit(1, 0, 1, Number{.value = 0, .path = seen_by_me()});
  }
  static void combine(Event& into, const Event& from) {
    reinterpret_cast<Number*>(&into + 1)->path += payload<Number>(from).path;
  }
  [[nodiscard]] std::uint64_t held() const {
    std::uint64_t count = 0;
    for (const Kept& kept : kept_) count += kept.origin != 0 ? 1 : 0;
    return count;
  }
  void save(StateWriter& out) const {
    for (std::size_t key = 0; key < key_count; ++key) {
      out.put(seen_[key]);
      out.put(kept_[key]);
    }
  }
  void load(StateReader& in) {
    for (std::size_t key = 0; key < key_count; ++key) {
      seen_[key] = in.get<std::uint64_t>();
      kept_[key] = in.get<Kept>();
    }
  }

 protected:
  [[nodiscard]] bool is_mine(std::size_t key) const {
    return shard_count_ == 0 || key % shard_count_ == shard_;
  }
  void place(const BatchView& batch, const Event& event, std::uint32_t rank, Emitter& out) const {
    if (shard_count_ != 0) out.set_place(place_of(batch, event, rank));
  }

 private:
  [[nodiscard]] std::uint64_t seen_by_me() const {
    return std::accumulate(seen_.begin(), seen_.end(), std::uint64_t{0});
  }

  void answer(const BatchView& batch, const Event& event, Emitter& out) const {
    place(batch, event, 5, out);
    out.emit(1, event.time, event.origin,
             Number{.value = payload<Number>(event).value, .path = seen_by_me()});
  }

  void take(const BatchView& batch, const Event& event, const Number& number, Emitter& out) {
    if (parameter_ >= 1000 && number.value == static_cast<std::uint64_t>(parameter_)) {
      throw std::runtime_error("the key is broken");
    }
    const std::size_t key = number.value % key_count;
    ++seen_[key];
    place(batch, event, 0, out);
    if (kept_[key].origin != 0) {
      out.emit(0, event.time, kept_[key].origin, Number{.value = kept_[key].value, .path = seen_[key]});
    }
    kept_[key] = {};
    if (number.value % 11 == 10) {
      kept_[key] = {.origin = event.origin, .value = number.value};
    } else {
      for (std::uint64_t copy = 0; copy < copies(number.value, 0, 0); ++copy) {
        place(batch, event, static_cast<std::uint32_t>(copy + 1), out);
        out.emit(0, event.time, event.origin, Number{.value = number.value, .path = copy});
      }
    }
    place(batch, event, 9, out);
    if (number.value % 8 == 0) out.emit(1, event.time, event.origin, Wide{.values = {number.value}});
    if (number.value % 8 == 4) out.emit(1, event.time, event.origin, number);
  }

  std::int64_t parameter_;
  std::uint32_t shard_;
  std::uint32_t shard_count_;
  std::array<std::uint64_t, key_count> seen_{};
  std::array<Kept, key_count> kept_{};
};

class Backwards final : public Keyed {
 public:
  using Keyed::Keyed;
  void process(const BatchView& batch, Emitter& out) {
    const Event* first = nullptr;
    batch.for_each([&](const Event& event) {
      if (first == nullptr) first = &event;
      for (const std::uint32_t rank : {2U, 1U}) {
        place(batch, *first, rank, out);
        out.forward(0, event);
      }
    });
  }
};

struct AllBytes {
  std::mutex mutex;
  std::map<std::string, std::string> by_stage;
};
AllBytes& all_bytes() {
  static AllBytes all;
  return all;
}

class BytesSink final : public Sink {
 public:
  explicit BytesSink(const Context& context) : id_(context.stage_id()) {}
  void write(const BatchView& batch) {
    const auto bytes = batch.bytes();
    const std::lock_guard lock(all_bytes().mutex);
    all_bytes().by_stage[id_].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

 private:
  std::string id_;
};

template <typename Stage>
Plugin make(const char* name, const Description& description) {
  Plugin plugin;
  plugin.file = std::string(name) + ".so";
  plugin.table = detail::Tables<Stage>::make(name, description);
  return plugin;
}

}  // namespace

const Plugin& keyed_plugin() {
  static const Plugin plugin =
      make<Keyed>("transform_keyed", {.accepts = "*", .options = options, .outputs = outputs});
  return plugin;
}
const Plugin& uncombined_plugin() {
  static const tickweir_transform work = [] {
    tickweir_transform without = *keyed_plugin().table->transform;
    without.combine = nullptr;
    return without;
  }();
  static const tickweir_plugin table = [] {
    tickweir_plugin changed = *keyed_plugin().table;
    changed.transform = &work;
    return changed;
  }();
  static const Plugin plugin = [] {
    Plugin changed = keyed_plugin();
    changed.table = &table;
    return changed;
  }();
  return plugin;
}
const Plugin& backwards_plugin() {
  static const Plugin plugin =
      make<Backwards>("transform_backwards", {.accepts = "*", .options = options, .outputs = outputs});
  return plugin;
}
const Plugin& bytes_sink_plugin() {
  static const Plugin plugin = make<BytesSink>("sink_bytes", {.accepts = "*", .options = options});
  return plugin;
}

std::string bytes_of(const std::string& stage) {
  const std::lock_guard lock(all_bytes().mutex);
  return all_bytes().by_stage[stage];
}
void clear_bytes() {
  const std::lock_guard lock(all_bytes().mutex);
  all_bytes().by_stage.clear();
}

}  // namespace tickweir::test
