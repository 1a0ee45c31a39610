// See load_flow.h.
#include "cli/load_flow.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>

namespace tickweir {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t events_per_turn = 1024;
constexpr std::uint64_t retry_ns = 50'000'000;
constexpr std::uint64_t retry_ns_max = second;

std::uint64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * second + static_cast<std::uint64_t>(now.tv_nsec);
}

// The next of a fixed sequence (xorshift).
std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

}  // namespace

std::uint64_t LoadResult::latency_at(double share) const {
  std::uint64_t all = 0;
  for (std::uint32_t i = 1; i < HistogramLayout::cell_count; ++i) all += latency[i];
  auto left = static_cast<std::uint64_t>(share * static_cast<double>(all));
  for (std::uint32_t i = 1; i < HistogramLayout::cell_count; ++i) {
    if (left < latency[i]) return std::min(HistogramLayout::lower_bound(i - 1), latency_max);
    left -= latency[i];
  }
  return latency_max;
}

std::uint64_t load_share(const LoadPlan& plan, std::uint64_t due, std::uint32_t index) {
  const std::uint64_t round = std::uint64_t{plan.burst} * plan.connections;
  const std::uint64_t before = std::uint64_t{plan.burst} * index;
  const std::uint64_t rest = due % round;
  return due / round * plan.burst + std::min<std::uint64_t>(rest > before ? rest - before : 0, plan.burst);
}

std::uint64_t load_position(const LoadPlan& plan, std::uint64_t event, std::uint32_t index) {
  const std::uint64_t turn = event / plan.burst * plan.connections + index;
  return turn * plan.burst + event % plan.burst;
}

LoadOrders::LoadOrders() : templates_(count) {
  std::uint64_t state = 20260105;
  for (std::size_t i = 0; i < count; i += 2) {
    market::NewOrder& order = templates_[i];
    order.price = static_cast<std::int64_t>(1'000'000 + next_random(state) % 1000 * 100);
    order.quantity = static_cast<std::uint32_t>(1 + next_random(state) % 1000);
    order.instrument = static_cast<std::uint32_t>(1 + next_random(state) % 100);
    order.account = 1;
    order.side = market::Side::Buy;
    templates_[i + 1] = order;
    templates_[i + 1].side = market::Side::Sell;
    templates_[i + 1].account = 2;
  }
}

LoadConnection::LoadConnection(const LoadPlan& plan, const LoadOrders& orders, std::uint32_t index,
                               LoadResult& result)
    : plan_(plan),
      orders_(orders),
      result_(result),
      index_(index),
      id_(plan.client.client + index),
      client_(settings_for(index)),
      reconnects_left_(plan.reconnects) {}

ClientSettings LoadConnection::settings_for(std::uint32_t index) {
  ClientSettings settings = plan_.client;
  settings.client += index;
  if (const auto token = plan_.tokens.find(settings.client); token != plan_.tokens.end()) {
    settings.token = token->second;
  }
  if (plan_.reconnects != 0) {
    const auto each =
        static_cast<double>(plan_.events) / plan_.connections / static_cast<double>(plan_.reconnects);
    settings.kept_bytes = static_cast<std::size_t>(each * plan_.duplicates) * event_size<market::NewOrder>;
  }
  settings.on_refusal = [this](std::uint64_t, std::string_view reason, std::string_view) {
    ++result_.refused;
    ++result_.reasons[std::string(reason)];
  };
  return settings;
}

bool LoadConnection::connect(std::uint64_t now) {
  if (now < next_try_) return true;
  if (away_since_ == 0) away_since_ = now;
  try {
    client_.connect();
  } catch (const ClientError& refused) {
    next_try_ = next_retry(now);
    return goes_on(now, refused.what());
  }
  next_try_ = 0;
  if (client_.unanswered() == 0) away_since_ = 0;
  if (made_ == 0) first_number_ = answered_ = client_.last_number();
  return true;
}

// A pause as long as what has passed already doubles it each time.
std::uint64_t LoadConnection::next_retry(std::uint64_t now) const {
  return now + std::clamp(now - away_since_, retry_ns, retry_ns_max);
}

// After a connection has ended: a login is no progress, an answer is.
bool LoadConnection::goes_on(std::uint64_t now, const std::string& why) {
  if (!client_.is_over() && (away_since_ == 0 || now - away_since_ < plan_.patience_ns)) return true;
  result_.problem = why;
  return false;
}

bool LoadConnection::work(std::uint64_t now, std::uint64_t due, bool is_readable) {
  if (!client_.is_connected()) {
    if (next_try_ == 0) {
      if (!goes_on(now, client_.why_ended())) return false;
      if (made_ != 0) ++result_.reconnects;
      if (away_since_ != 0) next_try_ = next_retry(now);  // the connection before brought no answer either
    }
    return connect(now);
  }
  if (is_reconnect_due(now)) {
    --reconnects_left_;
    client_.disconnect();
    return true;
  }
  make(now, due);
  if (!is_readable && !client_.has_unsent()) return true;
  try {
    client_.work(0);
  } catch (const ClientError& no_source) {
    return goes_on(now, no_source.what());
  }
  take_answers();
  return true;
}

bool LoadConnection::is_reconnect_due(std::uint64_t now) const {
  if (reconnects_left_ == 0) return false;
  const std::uint64_t parts = plan_.reconnects + 1;
  const std::uint64_t part = parts - reconnects_left_;
  if (plan_.events != 0) return made_ >= plan_.events / plan_.connections * part / parts;
  return now - start_ >= plan_.duration_ns * part / parts;
}

// `due`: of this connection since the start.
void LoadConnection::make(std::uint64_t now, std::uint64_t due) {
  const std::uint64_t until = std::min(due, made_ + events_per_turn);
  const std::uint64_t before = made_;
  while (made_ < until && client_.send(orders_.make(id_, client_.last_number() + 1)) != 0) ++made_;
  if (made_ == before) return;
  result_.sent += made_ - before;
  if (plan_.rate == 0) made_at_.push_back({client_.last_number(), now});
}

std::uint64_t LoadConnection::due_time(std::uint64_t index) const {
  const auto position = static_cast<double>(load_position(plan_, index, index_));
  return start_ + static_cast<std::uint64_t>(position / plan_.rate * static_cast<double>(second));
}

void LoadConnection::take_answers() {
  const std::uint64_t until = client_.acknowledged();
  if (until <= answered_) return;
  away_since_ = 0;
  const std::uint64_t now = now_ns();
  Histogram latency(result_.latency.data());
  const auto add = [&](std::uint64_t due, std::uint64_t count) {
    const std::uint64_t waited = now > due ? now - due : 0;
    result_.latency_max = std::max(result_.latency_max, waited);
    latency.record(waited, count);
  };
  while (answered_ < until && plan_.rate != 0) add(due_time(answered_++ - first_number_), 1);
  while (answered_ < until) {
    const Made& oldest = made_at_.front();
    const std::uint64_t last = std::min(oldest.last_number, until);
    add(oldest.time, last - answered_);
    answered_ = last;
    if (last == oldest.last_number) made_at_.pop_front();
  }
}

namespace {

class Load {
 public:
  explicit Load(const LoadPlan& plan) : plan_(plan) {
    for (std::uint32_t i = 0; i < plan.connections; ++i) {
      all_.push_back(std::make_unique<LoadConnection>(plan, orders_, i, result_));
    }
    waiting_.resize(plan.connections);
  }

  LoadResult run() {
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // what is late here would count as the source's
    for (auto& one : all_) {
      while (!one->client().is_connected()) {
        if (!one->connect(now_ns())) return finish(now_ns());
        if (!one->client().is_connected()) wait_until(now_ns() + retry_ns);
      }
    }
    start_ = silent_since_ = now_ns();
    for (auto& one : all_) one->set_start(start_);
    for (std::uint64_t now = start_;; now = now_ns()) {
      const std::uint64_t due = due_at(now);
      bool is_made = is_over(now);
      for (std::uint32_t i = 0; i < all_.size(); ++i) {
        const std::uint64_t share = is_over(now) && plan_.events == 0 ? 0 : load_share(plan_, due, i);
        const bool is_readable = (waiting_[i].revents & ~POLLOUT) != 0;
        if (!all_[i]->work(now, share, is_readable)) return finish(now);
        is_made = is_made && (plan_.events == 0 || all_[i]->made() >= load_share(plan_, plan_.events, i));
      }
      if (is_made && unanswered() == 0) return finish(now);
      if (is_silent(now)) {
        result_.problem = "the answers did not come";
        return finish(now);
      }
      pause(now, is_made);
    }
  }

 private:
  [[nodiscard]] bool is_over(std::uint64_t now) const {
    if (plan_.events != 0) return due_at(now) >= plan_.events;
    return now - start_ >= plan_.duration_ns;
  }
  // Events due over all connections.
  [[nodiscard]] std::uint64_t due_at(std::uint64_t now) const {
    const std::uint64_t limit = plan_.events != 0 ? plan_.events : UINT64_MAX;
    if (plan_.rate == 0) return limit;
    const double passed = static_cast<double>(now - start_) / static_cast<double>(second);
    return std::min(limit, static_cast<std::uint64_t>(passed * plan_.rate) + 1);
  }
  // The source has owed answers and given none for as long as patience goes. While it is away, connect() has
  // its own patience.
  bool is_silent(std::uint64_t now) {
    const std::uint64_t owed = unanswered();
    const bool is_there =
        std::ranges::all_of(all_, [](const auto& one) { return one->client().is_connected(); });
    if (owed == 0 || !is_there || result_.sent - owed != answered_) silent_since_ = now;
    answered_ = result_.sent - owed;
    return now - silent_since_ > plan_.patience_ns;
  }
  [[nodiscard]] std::uint64_t unanswered() const {
    std::uint64_t sum = 0;
    for (const auto& one : all_) sum += one->client().unanswered();
    return sum;
  }
  // Waits until one of the connections can be moved on, or `until`.
  void wait_until(std::uint64_t until) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const Client& client = all_[i]->client();
      waiting_[i].fd = client.is_connected() ? client.descriptor() : -1;
      waiting_[i].events = client.has_unsent() ? POLLIN | POLLOUT : POLLIN;
    }
    const std::uint64_t now = now_ns();
    const std::uint64_t left = until > now ? until - now : 0;
    const timespec limit{.tv_sec = static_cast<time_t>(left / second),
                         .tv_nsec = static_cast<long>(left % second)};
    if (::ppoll(waiting_.data(), waiting_.size(), &limit, nullptr) < 0) look_at_all();
  }
  void look_at_all() {
    for (pollfd& one : waiting_) one.revents = POLLIN;
  }
  void pause(std::uint64_t now, bool is_made) {
    if (is_made) return wait_until(now + retry_ns);
    if (plan_.rate == 0) {
      bool can_make = false;
      for (const auto& one : all_)
        can_make = can_make || (one->client().is_connected() && one->client().has_room());
      return can_make ? look_at_all() : wait_until(now + retry_ns);
    }
    const auto next = static_cast<double>(due_at(now)) / plan_.rate * static_cast<double>(second);
    wait_until(std::max(start_ + static_cast<std::uint64_t>(next), now + load_turn_ns));
  }
  LoadResult finish(std::uint64_t now) {
    result_.unanswered = unanswered();
    result_.duration_ns = start_ == 0 ? 0 : now - start_;
    result_.acknowledged = result_.sent - result_.refused - result_.unanswered;
    return std::move(result_);
  }

  const LoadPlan& plan_;
  LoadOrders orders_;
  LoadResult result_;
  std::vector<std::unique_ptr<LoadConnection>> all_;
  std::vector<pollfd> waiting_;  // by connection; what the last wait found
  std::uint64_t start_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t silent_since_ = 0;
};

}  // namespace

LoadResult run_load(const LoadPlan& plan) {
  return Load(plan).run();
}

}  // namespace tickweir
