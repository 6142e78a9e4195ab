// On a record's page.
import { watchFiles } from "../record_files";
import { watchRecord } from "../record_live";
import { watchMentions } from "../record_mentions";
import { watchDoing } from "../record_doing";

watchDoing();
watchMentions();
watchFiles();
watchRecord();
