// Fails where it is told to: in its constructor, in start or in write.
#include <array>
#include <stdexcept>

#include "tickweir/stage.h"

namespace {

using namespace tickweir;

enum class Where : std::int64_t { create, start, write };
constexpr std::array options{
    Option{.type = choice, .name = "where", .default_text = "write", .choices = "create|start|write",
           .help = "Where it fails."},
};

class Fails final : public Sink {
 public:
  explicit Fails(const Context& context) : where_(context.options.choice<Where>("where")) {
    if (where_ == Where::create) throw std::runtime_error("failed in create, as told");
  }
  void start() const {
    if (where_ == Where::start) throw std::runtime_error("failed in start, as told");
  }
  void write(const BatchView&) { throw std::runtime_error("failed in write, as told"); }

 private:
  Where where_;
};

}  // namespace

TICKWEIR_PLUGIN(
    "sink_fails", Fails,
    {.version = "1.0.0", .summary = "Fails where it is told to.", .accepts = "*", .options = options})
