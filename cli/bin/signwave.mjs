#!/usr/bin/env node
// The command that npm links. It is here before the first build, unlike what it runs: npm links nothing that is absent.
import '../dist/signwave.mjs';
