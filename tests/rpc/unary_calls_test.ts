import { testEveryScenario } from "./support/call_scenarios.ts";

testEveryScenario("Unary");
