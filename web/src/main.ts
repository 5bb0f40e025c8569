/** Starts the page. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/live.css";
import "./styles/meters.css";
import "./styles/report.css";
import "./styles/collectors.css";
import "./styles/print.css";
import "./frame/app.ts";
import { paperFollows } from "./frame/paper.ts";
import { store } from "./store.ts";

store.start();
paperFollows();
