// On a board's page.
import { watchBoard } from "../board";

watchBoard();
