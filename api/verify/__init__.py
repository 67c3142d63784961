"""`verify`: what a profile predicts beside what the kernel of this machine does.

`cells` says what is asked, `predicting` what the solver says to it, `refusals` with
which errno a clash shows at which call, `judging` whether the two agree, `blame`
which fact of the profile is wrong if not, `telling` prints it, `running` joins all.
"""
