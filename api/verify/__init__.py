"""`verify`: what a profile predicts beside what the kernel of this machine does.

`cells` says what is asked, `prediction` what the solver says to it, `refusals` with
which errno a clash shows at which call, `outcome` whether the two agree, `blame`
which fact of the profile is wrong if not, `report` writes it, `run` joins all.
"""
