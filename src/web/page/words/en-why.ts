// Why an account is in the state that it is in, in English: words for the classes of failures, the rules of a choice and the defects of `core`.

export const enWhy: Readonly<Record<string, string>> = {
  rate_limit: 'rate limit',
  quota: 'usage limit',
  billing: 'out of credit',
  auth: 'the vendor refused the secret',
  auth_permanent: 'the vendor rejected the secret',
  permission: 'not permitted',
  overloaded: 'the vendor is overloaded',
  server: 'the vendor failed',
  timeout: 'no answer in time',
  network: 'the network failed',
  format: 'the request was refused',
  policy: 'refused by the vendor’s rules',
  model: 'the model is not there',
  expired: 'expired, sign in again',
  blank: 'holds no secret',
  login_ended: 'the login has ended, sign in again',
  unknown_kind: 'a kind that is not known here',
  wrong_origin: 'made for another address',
  unsendable: 'holds characters that cannot be sent',
  unknown_provider: 'its provider is not known',
  missing_variable: 'key not found',
  not_in_order: 'not in your order',
  shadowed: 'hidden by another source',
  same_as: 'the same secret as another',
  metered: 'kept from paid calls',
  cap_reached: 'the day’s cap is reached',
  no_price: 'no price is known, and there is a cap',
  owner_only: 'serves its owner only',
  busy: 'serves as many as it may',
  reserved: 'the rest is kept for chat',
  cooldown: 'refused lately',
  disabled: 'switched off by the vendor',
}

/** A number with its noun. */
export const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`
