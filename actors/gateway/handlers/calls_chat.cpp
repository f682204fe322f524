#include <algorithm>
#include <utility>

#include "actors/gateway/handlers/calls.hpp"
#include "actors/gateway/wire/fields.hpp"

namespace telltale {

namespace {

template <class T> bool contains(const std::vector<T>& list, const T& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool knows_locale(const reason_catalog& reasons, const std::string& locale) {
  return std::ranges::find(reasons, locale, &reason_locale::locale)
         != reasons.end();
}

reason_view view_reason(const reason_row& row, const gateway_options& options,
                        const reason_catalog& reasons) {
  reason_view view;
  view.row = &row;
  if (const auto found = options.retry.find(row.wire);
      found != options.retry.end())
    view.retry = found->second;
  for (const auto& one : reasons) {
    const auto& texts = one.of(row.wire);
    view.copy.emplace_back(one.locale, texts.copy);
    view.brief.emplace_back(one.locale, texts.brief);
  }
  return view;
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
  self->request(self->state.peers.chats, read_patience, std::move(*what))
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
  self->request(self->state.peers.chats, read_patience, std::move(what))
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
  if (!contains(self->state.options.relays, binding->relay)) {
    reply->respond(problem(ec::unknown_relay));
    return;
  }
  if (!binding->locale.empty()
      && !knows_locale(self->state.setup.reasons, binding->locale)) {
    reply->respond(problem(ec::invalid_field, "locale is none that is known"));
    return;
  }
  self->request(self->state.peers.chats, read_patience,
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
  self->request(self->state.peers.chats, read_patience,
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
  self->request(self->state.peers.redaction, caf::infinite, std::move(question))
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
  const auto& state = self->state;
  std::vector<reason_view> reasons;
  for (const auto& row : failure_reasons())
    reasons.push_back(view_reason(row, state.options, state.setup.reasons));
  reply_of(call)->respond(json_answer(200, write_reasons(reasons)));
}

void on_readiness(gateway_self self, http_call& call) {
  const auto reply = reply_of(call);
  readiness_report report;
  report.relays = self->state.options.relays;
  const auto answer_with = [reply](const readiness_report& what) {
    auto answer = json_answer(what.ready() ? 200 : 503, write_readiness(what));
    if (!what.ready())
      answer.headers.push_back({"Retry-After", "1"});
    reply->respond(std::move(answer));
  };
  self->request(self->state.peers.readiness, readiness_patience,
                read_readiness{})
      .then(
          [answer_with, report](const readiness_read& read) mutable {
            const auto& checked = read.store;
            report.database = read.state;
            report.explanation = read.explanation;
            report.migrations = checked.migrations_current;
            report.schema_version = checked.schema_version;
            for (const auto& one : checked.disabled)
              if (contains(report.relays, one.relay))
                report.disabled.push_back(one);
            for (const auto& one : read.paused)
              if (contains(report.relays, one.relay))
                report.paused.push_back(one);
            answer_with(report);
          },
          [answer_with, report](const caf::error&) mutable {
            report.explanation = "nobody knows: the service itself is stuck";
            answer_with(report);
          });
}

} // namespace telltale
