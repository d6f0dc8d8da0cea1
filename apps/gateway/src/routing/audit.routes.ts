import type { Role } from '@codex/platform';
import { commands, queries } from './route';

const auditors: readonly Role[] = ['auditor'];

export const auditRoutes = [
  ...queries(
    'audit',
    auditors,
    'GET /audit/records',
    'GET /audit/records/:index/proof',
    'GET /audit/checkpoint',
    'GET /audit/consistency',
    'GET /audit/reports/:id',
    'GET /audit/reports/:id/download',
  ),
  ...commands('audit', auditors, 'POST /audit/reports'),
];
