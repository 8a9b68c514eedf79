export function openapi(): Record<string, unknown>;
export function demo(): Promise<{ gateway: string; mock: string; tokens: Record<string, string>; stop(): void }>;
