import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchedCommands, launchedFlags, launchedHelp, type LaunchedCommandName } from './commands.ts';
import { languages } from './language.ts';

const names = Object.keys(launchedCommands) as LaunchedCommandName[];

test('every command and flag has its words in every language', () => {
  for (const language of languages)
    for (const { summary } of [...Object.values(launchedCommands), ...Object.values(launchedFlags)])
      assert.equal(/[\u4e00-\u9fff]/.test(summary[language]), language === 'zh-CN', summary.en);
});

test('help lists all commands, and for each its flags, defaults and required settings', () => {
  for (const language of languages) {
    const all = launchedHelp(undefined, language);
    for (const name of names) {
      assert.match(all, new RegExp(`^  ${name} +${launchedCommands[name].summary[language].slice(0, 5)}`, 'm'));
      const help = launchedHelp(name, language);
      for (const flag of [...launchedCommands[name].flags, 'help'])
        assert.match(help, new RegExp(`^  --${flag}\\b`, 'm'));
    }
    assert.match(launchedHelp('up', language), /--platform HOST:PORT .*\(127\.0\.0\.1:8090\)/);
    assert.match(launchedHelp('gateway', language), /TULOU_CONTROL_URL, TULOU_NODE_TOKEN_FILE/);
  }
});
