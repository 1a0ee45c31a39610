// Takes every event and keeps nothing: the end of a pipeline that is measured or tried out.
//
// Events:  all. Order: as they come. Time: none used. Memory: none.
// Cost:    with `touch`, one addition per 8 bytes; without it, nothing per event.
#include <array>

#include "tickweir/stage.h"
#include "word_sum.h"

namespace {

using namespace tickweir;

constexpr std::array options{
    Option{.type = boolean,
           .name = "touch",
           .default_text = "true",
           .help = "Read every byte of every event, as a real sink would, and keep a checksum."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "bytes", .help = "Bytes of the events taken."},
    CounterInfo{.kind = TICKWEIR_GAUGE,
                .name = "checksum",
                .help = "Sum of the 8-byte words of all events so far, folded to 32 bits; 0 without touch."},
};

class Null final : public Sink {
 public:
  explicit Null(const Context& context)
      : touch_(context.options.boolean("touch")),
        bytes_(context.counter("bytes")),
        checksum_(context.gauge("checksum")) {}

  void write(const BatchView& batch) {
    bytes_.add(live_bytes(batch));
    if (!touch_) return;
    sum_ += word_sum(batch);
    checksum_.set(fold_sum(sum_));
  }

 private:
  static std::uint64_t live_bytes(const BatchView& batch) {
    if (batch.live_count() == batch.event_count()) return batch.bytes().size();
    std::uint64_t bytes = 0;
    batch.for_each([&bytes](const Event& event) { bytes += event.size; });
    return bytes;
  }

  bool touch_;
  Counter bytes_;
  Gauge checksum_;
  std::uint64_t sum_ = 0;
};

}  // namespace

TICKWEIR_PLUGIN("sink_null", Null,
                {.version = "1.0.0",
                 .summary = "Takes every event and keeps nothing.",
                 .accepts = "*",
                 .options = options,
                 .counters = counters})
