// The stylesheet of the customer-facing pages: no scripts, no fonts, no pictures of its own.
#pragma once

#include <string_view>

namespace checkout::sandbox {

inline constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#1a2130;--muted:#4d5768;--line:#c9d0db;--edge:#6f7a8c;--paper:#fff;--ground:#f3f5f9;--accent:#1b4fd6;--over:#123ca8;--on:#fff;--bad:#b3101f;--good:#0b6b3a;--focus:#1b4fd6}
@media (prefers-color-scheme:dark){:root{--ink:#eef1f6;--muted:#b3bccb;--line:#3a4459;--edge:#8a95a8;--paper:#1b2231;--ground:#11161f;--accent:#9db9ff;--over:#c0d2ff;--on:#0b1220;--bad:#ffa3a8;--good:#7fdcab;--focus:#9db9ff}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;color:var(--ink);background:var(--ground)}
.badge{background:#ffd35c;color:#3b2a00;text-align:center;font-weight:700;font-size:.8125rem;letter-spacing:.04em;padding:.4rem 1rem}
main{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:3rem;max-width:64rem;margin:0 auto;padding:2rem 1.5rem 3rem}
main.single{display:block;max-width:34rem}
h1{font-size:1.05rem;font-weight:600;margin:.5rem 0 0;color:var(--muted);overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 1rem}
.single h1{font-size:1.3rem;color:var(--ink);margin:0 0 .75rem}
.total{font-size:2.25rem;font-weight:700;line-height:1.2;margin:0 0 1rem}
a{color:var(--accent)}
.lines{list-style:none;margin:0;padding:0}
.lines li{display:flex;gap:1rem;padding:.6rem 0;align-items:flex-start}
.lines img{width:3rem;height:3rem;object-fit:cover;border-radius:.4rem;background:#fff;border:1px solid var(--line)}
.lines div{flex:1;min-width:0;overflow-wrap:anywhere}
.small{font-size:.875rem;color:var(--muted);margin:0}
.amount{white-space:nowrap;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.4rem 1rem;margin:1rem 0 0;padding-top:1rem;border-top:1px solid var(--line)}
dt{overflow-wrap:anywhere}
dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
.off{color:var(--good)}
dt.due,dd.due{font-weight:700;padding-top:.4rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.5rem;margin:0 0 1rem}
.notice{border-left:.3rem solid var(--accent);background:var(--paper);border-radius:.4rem;padding:.75rem 1rem;margin:0 0 1rem}
label,legend{display:block;font-weight:600;font-size:.9rem;margin:0 0 .25rem}
legend{padding:0}
fieldset{border:0;margin:0 0 1rem;padding:0;min-width:0}
.field{margin:0 0 1rem;min-width:0}
input[type=text],input[type=email],select{width:100%;min-height:2.875rem;font:inherit;color:inherit;background:var(--paper);padding:.6rem .75rem;border:1px solid var(--edge);border-radius:.45rem}
input::placeholder{color:var(--muted);opacity:1}
input[readonly]{background:var(--ground)}
:is(input,select,button,a):focus-visible{outline:3px solid var(--focus);outline-offset:2px}
input[aria-invalid=true]{border-color:var(--bad);border-width:2px}
.error{color:var(--bad);font-size:.9rem;margin:.3rem 0 0}
.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1rem;align-items:start}
.methods{display:flex;flex-wrap:wrap;gap:.5rem}
.methods>label{display:flex;align-items:center;gap:.5rem;flex:1 1 auto;min-height:2.875rem;margin:0;padding:.25rem .75rem;font-weight:500;border:1px solid var(--edge);border-radius:.45rem;cursor:pointer}
.methods>label:has(:checked){border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
input[type=radio]{width:1.25rem;height:1.25rem;margin:0;accent-color:var(--accent)}
.when-card,.when-sepa{margin-top:1rem;display:none;flex:1 0 100%}
.methods:has(#method-card:checked)~.when-card,.methods:has(#method-sepa:checked)~.when-sepa,.only{display:block}
.only{margin-top:0}
fieldset>div>:is(.field,.pair):last-child,fieldset .pair .field{margin-bottom:0}
@supports not selector(:has(a)){.when-card,.when-sepa{display:block}}
button{width:100%;min-height:2.875rem;font:inherit;font-weight:700;color:var(--on);background:var(--accent);border:1px solid var(--accent);border-radius:.5rem;padding:.7rem 1rem;cursor:pointer}
button:hover{background:var(--over)}
button.plain{background:var(--paper);color:var(--accent);margin-top:.75rem}
button.plain:hover{border-color:var(--over);color:var(--over)}
button.small{width:auto;margin:0;font-size:.9rem;white-space:nowrap}
.code{display:flex;gap:.5rem;align-items:flex-start;margin:0}
.code div{flex:1;min-width:0}
.promotion{margin:1rem 0 0}
.applied{display:flex;gap:1rem;align-items:center;justify-content:space-between;margin:1rem 0 0}
.applied span{min-width:0;overflow-wrap:anywhere}
.choices{display:grid;gap:.5rem}
button.choice{display:flex;gap:1rem;align-items:center;justify-content:space-between;text-align:left;margin:0;background:var(--paper);color:var(--ink);border-color:var(--edge);font-weight:500}
button.choice:hover{border-color:var(--accent)}
button.choice[aria-pressed=true]{border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent);font-weight:700}
button.choice .small{display:block;font-weight:400}
.back{display:inline-flex;align-items:center;min-height:2.75rem}
.card>.back:last-child{margin-bottom:-.75rem}
.gap{margin-bottom:1rem}
@media (max-width:48rem){main{grid-template-columns:minmax(0,1fr);gap:1.25rem;padding:.75rem 1rem 2rem}main.single{padding-top:1.5rem}.total{font-size:1.9rem;margin-bottom:.5rem}.card{padding:1.25rem 1rem}}
@media (max-width:30rem){.place{grid-template-columns:minmax(0,1fr);gap:0}}
)css";

}  // namespace checkout::sandbox
