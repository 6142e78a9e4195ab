import "../grid";
