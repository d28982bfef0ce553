#include "app/operate/saga_flags.hpp"

#include <array>
#include <charconv>
#include <map>

#include <CLI/CLI.hpp>

#include "app/operate/operator_name.hpp"

namespace checkout::app::operate {
namespace {

using Action = SagaCommand::Action;

constexpr const char* kSagaFooter = R"(Examples:
  checkout-mcp saga list --stuck                     what needs a look
  checkout-mcp saga show saga_3f…                    what happened to one, and is its history intact
  checkout-mcp saga retry saga_3f…                   try the failing step or undo again now
  checkout-mcp saga refund saga_3f… --amount 500 --reason "broken handle"
  checkout-mcp saga resolve saga_3f… --reason "refunded by hand, re_1Q…"

show and list only read, and need no configuration. The others, and show --page, go
through the server if it runs, and else open the store themselves, for which they need the server's --config.
Exit codes: 0 fine, 1 it failed or a history is broken, 2 bad usage.)";

constexpr const char* kShowFooter = R"(Example:
  checkout-mcp saga show saga_3f… --store sqlite:/var/lib/checkout-mcp/checkout.db
  checkout-mcp saga show pi_3P…                      the checkout of a payment that Stripe's dashboard shows
  checkout-mcp saga show saga_3f… --format json | jq .history
  checkout-mcp saga show saga_3f… --page             also what Stripe has on the payment page

Verifies the hash chain of the history: exit code 1 and "HISTORY BROKEN" if it was changed.
--page goes through the server if it runs, and else asks Stripe itself, for which it needs --config.)";

constexpr const char* kListFooter = R"(Example:
  checkout-mcp saga list --stuck
  checkout-mcp saga list --tenant tea_house --format json

Those whose last change is oldest come first.)";

constexpr const char* kRetryFooter = R"(Example:
  checkout-mcp saga retry saga_3f…

Does now what the server would try again later: a step or an undo that fails, a payment to look up.)";

constexpr const char* kRefundFooter = R"(Example:
  checkout-mcp saga refund saga_3f… --reason "never arrived"                  all that is left
  checkout-mcp saga refund saga_3f… --amount 500 --reason "broken handle"     5.00 dollars, or 500 yen

The same amount with the same reason as the last refund is taken for a repeated command, and refused
unless --again says that the customer is to get it once more.)";

constexpr const char* kResolveFooter = R"(Example:
  checkout-mcp saga resolve saga_3f… --reason "refunded by hand at Stripe, re_1Q…"

For what saga list --stuck shows, and only after somebody has looked at Stripe and settled it there:
a failing undo or refund counts as done, a page that ran out as not paid, a dispute as dealt with. A checkout
whose step keeps failing is ended; what was paid for it is given back.
One thing is settled at a time, the first that saga show names after STUCK, and the answer says which. Pass an
id from there as --about, and nothing is done if something else has come first in the meantime:
  checkout-mcp saga resolve saga_3f… --about re_1Q… --reason "paid out by bank transfer")";

struct Entry {
  Action action;
  const char *description, *footer;
};
constexpr std::array<Entry, 5> kEntries{{
    {Action::Show, "what happened to a checkout, and is its history intact", kShowFooter},
    {Action::List, "the checkouts that are under way", kListFooter},
    {Action::Retry, "tries a failing step or undo again now", kRetryFooter},
    {Action::Refund, "gives money of a completed checkout back", kRefundFooter},
    {Action::Resolve, "ends what is stuck and was settled by hand", kResolveFooter},
}};

struct Given {
  std::string sagaId, format = "text", tenant, amount, reason, about, operatorName;
  bool stuckOnly = false, withPage = false, again = false;
};

bool changesSomething(Action action) {
  return action == Action::Retry || action == Action::Refund || action == Action::Resolve;
}

void addReadingFlags(CLI::App& command, Action action, Given& given) {
  if (action == Action::List) {
    command.add_flag("--stuck", given.stuckOnly, "only those that do not move although they should")
        ->envname("CHECKOUT_MCP_STUCK");
    command.add_option("--tenant", given.tenant, "only this tenant's")
        ->envname("CHECKOUT_MCP_TENANT")
        ->option_text("TENANT_ID");
  }
  if (action == Action::Show)
    command.add_flag("--page", given.withPage, "also ask Stripe for the lines of the payment page")
        ->envname("CHECKOUT_MCP_PAGE");
  command.add_option("--format", given.format, "text, or json: one object")
      ->check(CLI::IsMember({"text", "json"}))
      ->envname("CHECKOUT_MCP_FORMAT")
      ->option_text("FORMAT [text]");
}

void addChangingFlags(CLI::App& command, Action action, Given& given) {
  if (action == Action::Refund)
    command.add_option("--amount", given.amount, "in the currency's smallest unit (default: what is left)")
        ->envname("CHECKOUT_MCP_AMOUNT")
        ->option_text("N");
  if (action == Action::Refund)
    command.add_flag("--again", given.again, "although the last refund had this amount and reason");
  if (action != Action::Retry)
    command.add_option("--reason", given.reason, "for the checkout's history")
        ->envname("CHECKOUT_MCP_REASON")
        ->option_text("TEXT")
        ->required();
  if (action == Action::Resolve)
    command.add_option("--about", given.about, "only if what is stuck says this, an id for instance")
        ->envname("CHECKOUT_MCP_ABOUT")
        ->option_text("TEXT");
  command.add_option("--operator", given.operatorName, "who does this, for the history (default: you)")
      ->envname("CHECKOUT_MCP_OPERATOR")
      ->option_text("NAME");
}

Result<std::int64_t> readAmount(const std::string& text) {
  std::int64_t amount = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, amount);
  if (read.ec == std::errc() && read.ptr == end) return amount;
  return Error(ErrorCode::ValidationFailed,
               "--amount " + text + " is not a whole number of the currency's smallest unit, such as cents");
}

}  // namespace

struct SagaFlags::Parts {
  CLI::App* saga = nullptr;
  std::map<Action, CLI::App*> commands;
  std::map<Action, Given> given;  // its strings must not move: CLI11 writes into them
};

SagaFlags::SagaFlags(CLI::App& app, const std::function<void(CLI::App&, bool)>& addCommon)
    : parts_(std::make_unique<Parts>()) {
  parts_->saga = app.add_subcommand("saga", "for operators: look into checkouts, retry, refund, resolve");
  parts_->saga->require_subcommand(1);
  parts_->saga->footer(kSagaFooter);
  for (const Entry& entry : kEntries) {
    CLI::App& command = *parts_->saga->add_subcommand(nameOf(entry.action), entry.description);
    Given& given = parts_->given[entry.action];
    command.footer(entry.footer);
    if (entry.action != Action::List)
      command
          .add_option(
              "SAGA_ID", given.sagaId,
              "the checkout's id, its order's, or that of its page (cs_…) or payment (pi_…) at Stripe")
          ->required()
          ->option_text(" ");
    const bool changes = changesSomething(entry.action);
    if (changes)
      addChangingFlags(command, entry.action, given);
    else
      addReadingFlags(command, entry.action, given);
    addCommon(command, entry.action != Action::List);
    parts_->commands[entry.action] = &command;
  }
}

SagaFlags::~SagaFlags() = default;

bool SagaFlags::parsed() const {
  return parts_->saga->parsed();
}

bool SagaFlags::lacksCommand() const {
  return parsed() && parts_->saga->get_subcommands().empty();
}

Result<SagaCommand> SagaFlags::command(const Environment& environment) const {
  SagaCommand command;
  for (const Entry& entry : kEntries)
    if (parts_->commands.at(entry.action)->parsed()) command.action = entry.action;
  const Given& given = parts_->given.at(command.action);
  command.sagaId.value = given.sagaId;
  command.stuckOnly = given.stuckOnly;
  command.withPage = given.withPage;
  command.asJson = given.format == "json";
  command.reason = given.reason;
  command.about = given.about;
  command.again = given.again;
  if (!given.tenant.empty()) command.tenant = TenantId{given.tenant};
  if (!given.amount.empty()) {
    CHECKOUT_ASSIGN(amount, readAmount(given.amount));
    command.amount = amount;
  }
  if (changesSomething(command.action)) {
    const bool isGiven = parts_->commands.at(command.action)->count("--operator") > 0;
    command.operatorName = isGiven ? given.operatorName : operatorNameFrom(environment);
  }
  CHECKOUT_TRY(checkCommand(command));
  return command;
}

}  // namespace checkout::app::operate
