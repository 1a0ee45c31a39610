// Descriptors: copied whatever the size of their structs, and checked to the last name.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>

#include "runtime/plugins/descriptor.h"

namespace {

using namespace tickweir;

// A sound transform, for the tests to spoil.
struct Parts {
  std::array<tickweir_option, 2> options{{{.type = TICKWEIR_OPTION_INTEGER,
                                           .name = "depth",
                                           .default_text = "3",
                                           .minimum = "1",
                                           .maximum = "9",
                                           .help = "How deep."},
                                          {.type = TICKWEIR_OPTION_CHOICE,
                                           .name = "mode",
                                           .default_text = "a",
                                           .choices = "a|b",
                                           .help = "Which way."}}};
  std::array<tickweir_output, 1> outputs{{{.name = "out", .events = "*", .help = "Results."}}};
  std::array<tickweir_counter, 1> counters{
      {{.kind = TICKWEIR_COUNTER, .name = "seen", .label = "by", .help = "Seen."}}};
  std::array<tickweir_reason, 1> reasons{{{.name = "late", .help = "Too late."}}};
  tickweir_transform transform{
      .process = [](void*, const tickweir_batch*, tickweir_emitter*, tickweir_error*) { return 0; }};
  tickweir_sink sink{};
  tickweir_plugin plugin{.role = TICKWEIR_ROLE_TRANSFORM,
                         .name = "x",
                         .version = "1.0.0",
                         .summary = "X.",
                         .accepts = "*",
                         .options = options.data(),
                         .outputs = outputs.data(),
                         .counters = counters.data(),
                         .reasons = reasons.data(),
                         .option_count = 2,
                         .output_count = 1,
                         .counter_count = 1,
                         .reason_count = 1,
                         .create = [](const tickweir_context*, void**, tickweir_error*) { return 0; },
                         .destroy = [](void*) {},
                         .transform = &transform};
};

std::string refusal(const std::function<void(Parts&)>& spoil) {
  Parts parts;
  spoil(parts);
  auto read = read_descriptor(&parts.plugin, "x");
  return read ? "sound" : read.error().message;
}

TEST(Descriptor, IsCopiedWithAllItsTables) {
  Parts parts;
  auto read = read_descriptor(&parts.plugin, "x");
  ASSERT_TRUE(read) << read.error().message;
  const tickweir_plugin& plugin = (*read)->plugin;
  EXPECT_NE(plugin.options, parts.options.data());
  EXPECT_STREQ(plugin.options[1].name, "mode");
  EXPECT_EQ(plugin.transform->process, parts.transform.process);
  EXPECT_EQ(plugin.source, nullptr);
}

TEST(Descriptor, TakesStructsThatAreLongerThanOurs) {
  struct LongOption {
    tickweir_option option;
    std::uint64_t later = 99;
  };
  std::array<LongOption, 2> options{};
  Parts parts;
  for (std::size_t i = 0; i < options.size(); ++i) {
    options[i].option = parts.options[i];
    options[i].option.size = sizeof(LongOption);
  }
  parts.plugin.options = &options[0].option;
  auto read = read_descriptor(&parts.plugin, "x");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_STREQ((*read)->plugin.options[1].name, "mode");
  EXPECT_EQ((*read)->plugin.options[1].size, sizeof(tickweir_option));
}

TEST(Descriptor, ReadsWhatAShorterStructLacksAsZero) {
  Parts parts;
  struct ShortReason {
    std::uint32_t size = 16;
    const char* name = "late";
  };
  const ShortReason reason;
  parts.plugin.reasons = reinterpret_cast<const tickweir_reason*>(&reason);
  auto read = read_descriptor(&parts.plugin, "x");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "drop reason late has no help text");
}

TEST(Descriptor, RefusesNonsenseSizes) {
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.size = 4; }), "returned a descriptor of the nonsense size 4");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.size = 5000; }),
            "returned a descriptor of the nonsense size 5000");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.option_count = 2000; }), "says it has 2000 options");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.counters = nullptr; }), "has 1 counters but no table of them");
  EXPECT_EQ(refusal([](Parts& p) { p.options[1].size = 8; }),
            "has a table of options whose entry 1 has a nonsense size");
  EXPECT_EQ(refusal([](Parts& p) { p.transform.size = 3; }), "has a transform table of nonsense size");
}

TEST(Descriptor, RefusesRolesThatDoNotFitTheirFunctions) {
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.role = 6; }),
            "has role 6, which this version of tickweir does not run");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.role = TICKWEIR_ROLE_WAL; }),
            "says it is a wal but has no wal functions");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.role = TICKWEIR_ROLE_SOURCE; }),
            "says it is a source but has no source functions");
  EXPECT_EQ(refusal([](Parts& p) { p.transform.process = nullptr; }),
            "says it is a transform but has no transform functions");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.sink = &p.sink; }),
            "says it is a transform but also has sink functions");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.destroy = nullptr; }), "has no create or no destroy function");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.accepts = nullptr; }), "does not say which events it accepts");
  EXPECT_EQ(refusal([](Parts& p) {
              p.sink.write = [](void*, const tickweir_batch*, tickweir_error*) { return 0; };
              p.plugin.role = TICKWEIR_ROLE_SINK, p.plugin.sink = &p.sink, p.plugin.transform = nullptr;
            }),
            "is a sink and so declares no outputs");
}

TEST(Descriptor, RefusesBadNames) {
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.name = nullptr; }), "has no snake_case name");
  EXPECT_EQ(refusal([](Parts& p) { p.plugin.name = "y"; }),
            "calls itself y in its descriptor, but x in its note");
  EXPECT_EQ(refusal([](Parts& p) { p.options[1].name = "Mode"; }), "option 1 has no snake_case name");
  EXPECT_EQ(refusal([](Parts& p) { p.options[1].name = "depth"; }), "option depth is there twice");
  EXPECT_EQ(refusal([](Parts& p) { p.outputs[0].help = ""; }), "output out has no help text");
  EXPECT_EQ(refusal([](Parts& p) { p.outputs[0].events = nullptr; }),
            "output out does not say which events it carries");
  EXPECT_EQ(refusal([](Parts& p) { p.counters[0].kind = 7; }), "counter seen has an unknown kind");
  EXPECT_EQ(refusal([](Parts& p) { p.counters[0].label = "By"; }),
            "counter seen has a label that is not snake_case");
  for (const char* const taken : {"component_id", "le", "quantile"}) {
    EXPECT_EQ(refusal([taken](Parts& p) { p.counters[0].label = taken; }),
              "counter seen has the label " + std::string(taken) + ", which is taken; give it another name");
  }
  EXPECT_EQ(refusal([](Parts& p) { p.reasons[0].name = "2late"; }), "drop reason 0 has no snake_case name");
}

TEST(Descriptor, RefusesUnsoundOptions) {
  EXPECT_EQ(refusal([](Parts& p) { p.options[0].type = 9; }), "option depth has the unknown type 9");
  EXPECT_EQ(refusal([](Parts& p) { p.options[0].default_text = "10"; }),
            "option depth has the default \"10\", expected an integer from 1 to 9");
  EXPECT_EQ(refusal([](Parts& p) { p.options[0].maximum = "many"; }),
            "option depth has the bound \"many\", which is not one");
  EXPECT_EQ(refusal([](Parts& p) { p.options[0].minimum = "10"; }),
            "option depth has a minimum above its maximum");
  EXPECT_EQ(refusal([](Parts& p) { p.options[1].choices = nullptr; }), "option mode has no sound choices");
  EXPECT_EQ(refusal([](Parts& p) { p.options[1].choices = "a|a"; }), "option mode has no sound choices");
  EXPECT_EQ(refusal([](Parts& p) { p.options[1].default_text = "c"; }),
            "option mode has the default \"c\", expected one of a, b");
  EXPECT_EQ(refusal([](Parts& p) { p.options[1].minimum = "a"; }),
            "option mode has the bound \"a\", which is not one");
  EXPECT_EQ(refusal([](Parts& p) { p.options[0].default_text = nullptr; }), "sound");
}

}  // namespace
