#include <algorithm>
#include <utility>

#include "actors/gateway/calls.hpp"
#include "actors/gateway/fields.hpp"

namespace telltale {

namespace {

// What a retry table's rows fall back to; see config/sections/retry_reason.def.
constexpr double default_factor = 2.0;
constexpr std::chrono::minutes default_cap{5};

template <class T> bool contains(const std::vector<T>& list, const T& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool knows_locale(const reason_catalog& reasons, const std::string& locale) {
  return std::ranges::find(reasons, locale, &reason_locale::locale)
         != reasons.end();
}

std::vector<std::string> relay_names(gateway_self self) {
  const auto& names = self->state.setup.relay_names;
  return names ? names() : std::vector<std::string>{};
}

/// The taxonomy's row with what the operator's retry table changes.
reason_view tell_reason(const gateway_setup& setup, const reason_row& row) {
  reason_view told;
  told.row = &row;
  told.attempts = row.attempts;
  told.base = row.base;
  told.factor = default_factor;
  told.cap = default_cap;
  const auto own = setup.retry.reasons.find(std::string{row.wire});
  if (own != setup.retry.reasons.end()) {
    const auto& table = own->second;
    told.attempts =
        static_cast<std::uint32_t>(table.attempts.value_or(told.attempts));
    told.base = table.base.value_or(told.base);
    told.factor = table.factor.value_or(told.factor);
    told.cap = table.cap.value_or(told.cap);
  }
  told.retried = told.attempts > 1;
  for (const auto& one : setup.reasons) {
    const auto& texts = one.of(row.wire);
    told.copy.emplace_back(one.locale, texts.copy);
    told.brief.emplace_back(one.locale, texts.brief);
  }
  return told;
}

} // namespace

void on_list_chat_sessions(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto what = parse_list_chats(call.query);
  if (!what) {
    reply->respond(problem_of(what.error()));
    return;
  }
  const auto limit = what->limit;
  what->ticket = ticket_of(self, reply, read_patience);
  self->request(self->state.rooms.chats, read_patience, std::move(*what))
      .then(
          [reply, limit](const chats_listed& listed) {
            reply->respond(
                json_answer(200, write_chats(listed.bindings, limit)));
          },
          fail_to(reply));
}

void on_read_chat_session(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  if (!is_opaque_id(call.path.front())) {
    reply->respond(problem(ec::chat_session_not_found));
    return;
  }
  list_chats what;
  what.session = chat_session_id{call.path.front()};
  what.ticket = ticket_of(self, reply, read_patience);
  self->request(self->state.rooms.chats, read_patience, std::move(what))
      .then(
          [reply](const chats_listed& listed) {
            if (listed.bindings.empty())
              reply->respond(problem(ec::chat_session_not_found));
            else
              reply->respond(
                  json_answer(200, write_chat(listed.bindings.front())));
          },
          fail_to(reply));
}

void on_bind_chat_session(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto binding = parse_chat_binding(call.path.front(), call.body);
  if (!binding) {
    reply->respond(problem_of(binding.error()));
    return;
  }
  if (!contains(relay_names(self), binding->relay)) {
    reply->respond(problem(ec::unknown_relay));
    return;
  }
  if (!binding->locale.empty()
      && !knows_locale(self->state.setup.reasons, binding->locale)) {
    reply->respond(problem(ec::invalid_field, "locale is none that is known"));
    return;
  }
  self->request(self->state.rooms.chats, read_patience,
                bind_chat{std::move(*binding)})
      .then(
          [reply](const chats_listed& listed) {
            reply->respond(
                json_answer(200, listed.bindings.empty()
                                     ? std::string{"{}"}
                                     : write_chat(listed.bindings.front())));
          },
          fail_to(reply));
}

void on_unbind_chat_session(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  if (!is_opaque_id(call.path.front())) {
    reply->respond(problem(ec::chat_session_not_found));
    return;
  }
  self->request(self->state.rooms.chats, read_patience,
                unbind_chat{chat_session_id{call.path.front()}})
      .then(
          [reply](const chats_listed& listed) {
            reply->respond(
                json_answer(200, listed.bindings.empty()
                                     ? std::string{"{}"}
                                     : write_chat(listed.bindings.front())));
          },
          fail_to(reply));
}

void on_redact_text(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  auto text = parse_redact(call.body);
  if (!text) {
    reply->respond(problem_of(text.error()));
    return;
  }
  redact_texts question;
  question.texts.push_back(std::move(*text));
  self->request(self->state.rooms.redaction, caf::infinite, std::move(question))
      .then(
          [reply](const texts_redacted& clean) {
            if (clean.texts.size() != 1 || clean.findings.size() != 1)
              reply->respond(problem(ec::internal_error));
            else
              reply->respond(
                  json_answer(200, write_redacted(clean.texts.front(),
                                                  clean.findings.front())));
          },
          fail_to(reply));
}

void on_list_failure_reasons(gateway_self self, http_call& call) {
  std::vector<reason_view> reasons;
  for (const auto& row : failure_reasons())
    reasons.push_back(tell_reason(self->state.setup, row));
  reply_of(call)->respond(json_answer(200, write_reasons(reasons)));
}

void on_readiness(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  readiness_report report;
  report.relays = relay_names(self);
  const auto tell = [reply](const readiness_report& what) {
    auto answer = json_answer(what.ready() ? 200 : 503, write_readiness(what));
    if (!what.ready())
      answer.headers.push_back({"Retry-After", "1"});
    reply->respond(std::move(answer));
  };
  self->request(self->state.rooms.readiness, readiness_patience,
                read_readiness{})
      .then(
          [tell, report](const readiness_read& read) mutable {
            const auto& checked = read.store;
            report.database = read.state;
            report.explanation = read.explanation;
            report.migrations = checked.migrations_current;
            report.schema_version = checked.schema_version;
            for (const auto& one : checked.disabled)
              if (contains(report.relays, one.relay))
                report.disabled.push_back(one);
            tell(report);
          },
          [tell, report](const caf::error&) mutable {
            report.explanation = "nobody knows: the service itself is stuck";
            tell(report);
          });
}

} // namespace telltale
