#include "test_stages.h"

#include <stdexcept>

namespace tickweir::test {

Witness& Witness::get() {
  static Witness witness;
  return witness;
}
void Witness::clear() {
  const std::lock_guard lock(mutex_);
  seen_.clear();
}
void Witness::add(const std::string& stage, std::vector<Seen> events) {
  const std::lock_guard lock(mutex_);
  auto& all = seen_[stage];
  all.insert(all.end(), events.begin(), events.end());
}
std::vector<Seen> Witness::of(const std::string& stage) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(stage);
  return found == seen_.end() ? std::vector<Seen>{} : found->second;
}

Gate& Gate::get() {
  static Gate gate;
  return gate;
}
void Gate::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  let_in_ = arrivals_ = 0;
}
void Gate::open() {
  const std::lock_guard lock(mutex_);
  is_closed_ = false;
  changed_.notify_all();
}
void Gate::let_one_in() {
  const std::lock_guard lock(mutex_);
  ++let_in_;
  changed_.notify_all();
}
void Gate::pass() {
  std::unique_lock lock(mutex_);
  ++arrivals_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !is_closed_ || let_in_ != 0; });
  if (is_closed_) --let_in_;
}
void Gate::wait_for_arrivals(std::uint64_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return arrivals_ >= count; });
}

std::atomic<std::uint64_t>& told(std::int64_t parameter) {
  static std::array<std::atomic<std::uint64_t>, 2> counts;
  return counts.at(static_cast<std::size_t>(parameter));
}

namespace {

constexpr std::array options{Option{.type = integer, .name = "parameter", .default_text = "0"}};
constexpr std::array one_output{Output{.name = "events", .events = "*"}};
constexpr std::array two_outputs{Output{.name = "a", .events = "*"}, Output{.name = "b", .events = "*"}};
constexpr std::array reasons{Reason{.name = "refused", .help = "The parameter says so."}};

class NumberSource final : public Source {
 public:
  explicit NumberSource(const Context& context)
      : parameter_(context.options.integer("parameter")), source_(context.source_number()) {}
  PollResult poll(Emitter& out, Idle&) {
    if (parameter_ < 0) return PollResult::idle;
    // Varies how much one poll brings, so that batches of all sizes occur.
    const std::uint64_t wanted = 1 + next_ * 7 % 23;
    for (std::uint64_t i = 0; i < wanted && next_ < static_cast<std::uint64_t>(parameter_); ++i, ++next_) {
      out.emit(0, next_, make_origin(source_, next_ + 1), Number{.value = next_, .path = 0});
    }
    return next_ == static_cast<std::uint64_t>(parameter_) ? PollResult::finished : PollResult::more;
  }

 private:
  std::int64_t parameter_;
  std::uint32_t source_;
  std::uint64_t next_ = 0;
};

class ToldSource final : public Source {
 public:
  explicit ToldSource(const Context& context)
      : parameter_(context.options.integer("parameter")), source_(context.source_number()) {}
  PollResult poll(Emitter& out, Idle&) {
    if (next_ == told(parameter_)) return PollResult::idle;
    out.emit(0, next_, make_origin(source_, next_ + 1), Number{.value = next_ * 3, .path = 0});
    ++next_;
    return PollResult::idle;
  }

 private:
  std::int64_t parameter_;
  std::uint32_t source_;
  std::uint64_t next_ = 0;
};

class NumberFilter final : public Filter {
 public:
  explicit NumberFilter(const Context& context) : parameter_(context.options.integer("parameter")) {}
  void apply(Batch& batch) {
    batch.for_each([&](Event& event) {
      if (event.type != Number::event_type) return;
      auto& number = payload<Number>(event);
      number.path = number.path * 31 + 1;
      if (is_refused(number.value, parameter_)) batch.drop(event, 0);
    });
  }

 private:
  std::int64_t parameter_;
};

class Splitter final : public Transform {
 public:
  static constexpr const char* shard_key = "value";
  explicit Splitter(const Context& context)
      : parameter_(context.options.integer("parameter")),
        shard_(context.shard()),
        shard_count_(context.shard_count()) {}
  void process(const BatchView& batch, Emitter& out) {
    batch.for_each([&](const Event& event) {
      if (event.type != Number::event_type) return;
      const auto& number = payload<Number>(event);
      if (!is_of_shard(number.value, shard_, shard_count_)) return;
      if (shard_count_ != 0) out.set_place(place_of(batch, event, 0));
      for (std::uint32_t output = 0; output < 2; ++output) {
        for (std::uint64_t copy = 0; copy < copies(number.value, output, parameter_); ++copy) {
          out.emit(output, event.time, event.origin, Number{number.value, number.path * 31 + 2 + output});
        }
      }
    });
  }

 private:
  std::int64_t parameter_;
  std::uint32_t shard_;
  std::uint32_t shard_count_;
};

class WitnessSink : public Sink {
 public:
  explicit WitnessSink(const Context& context) : id_(context.stage_id()) {}
  void write(const BatchView& batch) {
    std::vector<Seen> seen;
    batch.for_each([&](const Event& event) {
      if (event.type != Number::event_type) return;
      const auto& number = payload<Number>(event);
      seen.push_back({event.origin, number.value, number.path});
    });
    Witness::get().add(id_, seen);
  }

 private:
  std::string id_;
};

class GatedSink final : public WitnessSink {
 public:
  using WitnessSink::WitnessSink;
  void write(const BatchView& batch) {
    Gate::get().pass();
    WitnessSink::write(batch);
  }
};

class FailingSink final : public WitnessSink {
 public:
  explicit FailingSink(const Context& context)
      : WitnessSink(context), parameter_(static_cast<std::uint64_t>(context.options.integer("parameter"))) {}
  void write(const BatchView& batch) {
    batch.for_each([&](const Event& event) {
      if (payload<Number>(event).value == parameter_) throw std::runtime_error("cannot write: disk on fire");
    });
    WitnessSink::write(batch);
  }

 private:
  std::uint64_t parameter_;
};

struct FailingStart final : public Sink {
  explicit FailingStart(const Context&) {}
  void start() { throw std::runtime_error("no such device"); }
  void write(const BatchView&) {}
};

struct HangingStart final : public Sink {
  explicit HangingStart(const Context&) {}
  void start() { Gate::get().pass(); }
  void write(const BatchView&) {}
};

struct Liar final : public Transform {
  explicit Liar(const Context&) {}
  void process(const BatchView&, Emitter& out) {
    Event* const event = out.append(0, Number::event_type, sizeof(Number), 0, 0);
    event->size = 12;
  }
};

class Holder final : public Transform {
 public:
  explicit Holder(const Context&) {}
  void process(const BatchView& batch, Emitter&) {
    batch.for_each([&](const Event& event) { held_.push_back(payload<Number>(event)); });
  }
  void drain(Emitter& out) {
    for (const Number& number : held_) out.emit(0, 0, 1, number);
    held_.clear();
  }
  [[nodiscard]] std::uint64_t held() const { return held_.size(); }

 private:
  std::vector<Number> held_;
};

struct ThrowingCreate final : public Sink {
  explicit ThrowingCreate(const Context& context) {
    if (context.options.integer("parameter") == 0) throw std::runtime_error("no licence");
    throw OptionError("parameter", "not here");
  }
  void write(const BatchView&) {}
};

template <typename Stage>
Plugin make(const char* name, const Description& description) {
  Plugin plugin;
  plugin.file = std::string(name) + ".so";
  plugin.table = detail::Tables<Stage>::make(name, description);
  return plugin;
}

}  // namespace

const Plugin& source_plugin() {
  static const Plugin plugin = make<NumberSource>("source_test", {.options = options, .outputs = one_output});
  return plugin;
}
const Plugin& told_source_plugin() {
  static const Plugin plugin = make<ToldSource>("source_told", {.options = options, .outputs = one_output});
  return plugin;
}
const Plugin& filter_plugin() {
  static const Plugin plugin =
      make<NumberFilter>("filter_test", {.accepts = "*", .options = options, .reasons = reasons});
  return plugin;
}
const Plugin& splitter_plugin() {
  static const Plugin plugin =
      make<Splitter>("transform_split", {.accepts = "*", .options = options, .outputs = two_outputs});
  return plugin;
}
const Plugin& sink_plugin() {
  static const Plugin plugin = make<WitnessSink>("sink_witness", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& gated_sink_plugin() {
  static const Plugin plugin = make<GatedSink>("sink_gated", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& failing_sink_plugin() {
  static const Plugin plugin = make<FailingSink>("sink_failing", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& failing_start_plugin() {
  static const Plugin plugin = make<FailingStart>("sink_failing_start", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& hanging_start_plugin() {
  static const Plugin plugin = make<HangingStart>("sink_hanging_start", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& liar_plugin() {
  static const Plugin plugin =
      make<Liar>("transform_liar", {.accepts = "*", .options = options, .outputs = one_output});
  return plugin;
}
const Plugin& holder_plugin() {
  static const Plugin plugin =
      make<Holder>("transform_holder", {.accepts = "*", .options = options, .outputs = one_output});
  return plugin;
}
const Plugin& throwing_create_plugin() {
  static const Plugin plugin = make<ThrowingCreate>("sink_throwing", {.accepts = "*", .options = options});
  return plugin;
}

}  // namespace tickweir::test
